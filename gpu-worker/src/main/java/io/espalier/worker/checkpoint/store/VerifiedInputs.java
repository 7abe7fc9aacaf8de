package io.espalier.worker.checkpoint.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ManifestFile;
import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.Digesting;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Model directories that were read and found to have a digest. One that has not changed since (same
 * files, sizes, times of change and identities) is not read again.
 */
public final class VerifiedInputs {
  private static final Logger LOGGER = LoggerFactory.getLogger(VerifiedInputs.class);

  /** More files than this are listed in no memory: it would take as long to read. */
  private static final int MOST_REMEMBERED = 10_000;

  /**
   * A directory whose content is known.
   *
   * @param directory its real path
   * @param listing how it was before it was read
   */
  public record Verified(Path directory, Manifest manifest, FileListing listing) {}

  private final Path memory;
  private final FileListing.Limits limits;
  private final FileListing.LinkCheck links;
  private final Clock clock;

  /**
   * Inputs that are remembered in a folder, which several workers may share.
   *
   * @param limits how large an input may be
   * @param links is asked about every link in an input
   */
  public VerifiedInputs(Path memory, FileListing.Limits limits, FileListing.LinkCheck links) {
    this(memory, limits, links, Clock.systemUTC());
  }

  VerifiedInputs(Path memory, FileListing.Limits limits, FileListing.LinkCheck links, Clock clock) {
    this.memory = memory;
    this.limits = limits;
    this.links = links;
    this.clock = clock;
  }

  /**
   * Makes sure of a directory's content.
   *
   * @param wanted the digests that it must have
   * @throws io.espalier.worker.domain.InvalidInputException if it has another digest, is too large,
   *     or holds what must not be there
   * @throws io.espalier.worker.domain.ResourceException if it cannot be read, or changes meanwhile
   */
  public Verified verify(Path directory, ContentPin wanted, StopCheck stop) {
    FileListing listing = FileListing.of(directory, limits, links, stop);
    Path memo = memory.resolve(name(listing.root()));
    Manifest manifest = known(memo, listing).orElseGet(() -> read(memo, listing, stop));
    wanted.require(manifest, directory);
    return new Verified(listing.root(), manifest, listing);
  }

  /**
   * Goes on only if a directory has not changed since it was verified.
   *
   * @throws io.espalier.worker.domain.ResourceException if it has, or cannot be read any more
   */
  public void requireUnchanged(Verified verified, StopCheck stop) {
    verified.listing().requireSame(FileListing.of(verified.directory(), limits, links, stop));
  }

  private Manifest read(Path memo, FileListing listing, StopCheck stop) {
    Manifest manifest = Manifest.of(listing.root(), stop);
    listing.requireSame(FileListing.of(listing.root(), limits, links, stop));
    if (listing.isSettledAt(clock.instant()) && listing.files().size() <= MOST_REMEMBERED) {
      remember(memo, listing, manifest);
    }
    return manifest;
  }

  private static void remember(Path memo, FileListing listing, Manifest manifest) {
    ObjectNode node = ManifestFile.json(manifest).put("listing", listing.digest());
    try {
      Files.createDirectories(memo.toAbsolutePath().getParent());
      AtomicFile.write(memo, StrictJson.bytes(node));
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", memo).log("verified input not remembered");
    }
  }

  private static Optional<Manifest> known(Path memo, FileListing listing) {
    if (!Files.isRegularFile(memo)) {
      return Optional.empty();
    }
    try {
      ObjectNode node = StrictJson.object(memo);
      return listing.digest().equals(node.path("listing").textValue())
          ? Optional.of(ManifestFile.manifest(node))
          : Optional.empty();
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", memo).log("unreadable memory ignored");
      return Optional.empty();
    }
  }

  private static String name(Path root) {
    byte[] digest = Digesting.sha256().digest(root.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 16) + ".json";
  }
}
