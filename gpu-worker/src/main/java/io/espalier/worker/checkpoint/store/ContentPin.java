package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Digests that a directory's content must have, as far as somebody has told them.
 *
 * @param root see {@link Manifest#rootDigest}; any will do if absent
 * @param listing see {@link Manifest#listingDigest}; any will do if absent
 */
public record ContentPin(Optional<String> root, Optional<String> listing) {
  /** Any content. */
  public static final ContentPin NONE = new ContentPin(Optional.empty(), Optional.empty());

  /** Digests as events have them. */
  public static ContentPin of(@Nullable String root, @Nullable String listing) {
    return new ContentPin(Optional.ofNullable(root), Optional.ofNullable(listing));
  }

  /** Both digests of a content. */
  public static ContentPin of(Manifest manifest) {
    return of(manifest.rootDigest(), manifest.listingDigest());
  }

  /**
   * Lets a content pass.
   *
   * @param directory where it was found
   * @throws InvalidInputException if it has another digest
   */
  void require(Manifest found, Path directory) {
    String rootDigest = found.rootDigest();
    if (root.isPresent() && !rootDigest.equals(root.get())) {
      throw new InvalidInputException(
          "%s: wanted root digest %s, found %s; it is not the artifact that was registered"
              .formatted(directory, root.get(), rootDigest));
    }
    String listingDigest = found.listingDigest();
    if (listing.isPresent() && !listingDigest.equals(listing.get())) {
      throw new InvalidInputException(
          "%s: wanted listing digest %s, found %s%s; restore the names, or register it anew as another version"
              .formatted(
                  directory,
                  listing.get(),
                  listingDigest,
                  root.isPresent()
                      ? " with the root digest that was registered: its files have been renamed"
                          + " since"
                      : ": its files have other names, sizes or contents than those registered"));
    }
  }
}
