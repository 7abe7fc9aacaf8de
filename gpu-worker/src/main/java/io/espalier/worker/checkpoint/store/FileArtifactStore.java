package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FilePaths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Artifacts as directories of this machine's file system, or of one that it has mounted.
 *
 * <p>Publishing takes the directory itself, if it lies on the store's file system, or copies it, to
 * a hidden sibling, makes that durable and renames it. A process that dies before the rename leaves
 * the sibling behind, which nobody takes for an artifact.
 */
final class FileArtifactStore implements ArtifactStore {
  static final String INCOMING = ".incoming-";

  @Override
  public Path fetch(URI artifact, Path scratch, StopCheck stop) {
    Path directory = FilePaths.ofDirectory(artifact);
    try {
      Path real = directory.toRealPath();
      if (!Files.readAttributes(real, BasicFileAttributes.class).isDirectory()) {
        throw new InvalidInputException(
            "%s: wanted a directory, found a file".formatted(Quoted.place(artifact)));
      }
      return real;
    } catch (IOException e) {
      throw new ResourceException(
          "%s: wanted a directory, but on this machine it cannot be read: %s. Is it there, mounted and readable?"
              .formatted(Quoted.place(artifact), e),
          e);
    }
  }

  @Override
  public Published publish(Draft draft, URI under, String name, StopCheck stop) {
    Path base = StoreMarker.require(under);
    Path target = FilePaths.resolved(FilePaths.ofDirectory(under)).resolve(requirePlain(name));
    try {
      return Files.exists(target)
          ? existing(target, draft.manifest(), stop)
          : new Publishing(draft, base, target, stop).run();
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  @Override
  public Optional<Published> find(URI under, String name, StopCheck stop) {
    StoreMarker.require(under);
    Path target = FilePaths.resolved(FilePaths.ofDirectory(under)).resolve(requirePlain(name));
    return Files.isDirectory(target)
        ? Optional.of(new Published(target.toUri(), Manifest.of(target, stop)))
        : Optional.empty();
  }

  static Instant lastChange(Path directory) throws IOException {
    Instant last = Instant.MIN;
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Instant change = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
        last = change.isAfter(last) ? change : last;
      }
    }
    return last;
  }

  static Published existing(Path target, Manifest wanted, StopCheck stop) {
    Manifest found = Manifest.of(target, stop);
    if (!found.rootDigest().equals(wanted.rootDigest())) {
      throw new InvalidInputException(
          "%s: is published with root digest %s and cannot be published again with %s; what is"
                  .formatted(target.toUri(), found.rootDigest(), wanted.rootDigest())
              + " published never changes, so choose another name");
    }
    if (!found.equals(wanted)) {
      throw new InvalidInputException(
          "%s: is published with listing digest %s and cannot be published again with %s, which is of the same contents under other names; what is published never changes, so choose another name"
              .formatted(target.toUri(), found.listingDigest(), wanted.listingDigest()));
    }
    return new Published(target.toUri(), found);
  }

  private static String requirePlain(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,199}")) {
      throw new InvalidInputException(
          "'%s': the name of an artifact has up to 200 letters, digits, '.', '_' and '-', and begins"
                  .formatted(Quoted.of(name))
              + " with a letter or digit");
    }
    return name;
  }

  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
