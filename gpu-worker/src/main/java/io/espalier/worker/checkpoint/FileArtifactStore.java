package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Artifacts as directories of this machine's file system, or of one that it has mounted.
 *
 * <p>Publishing copies to a hidden sibling, makes that durable and renames it. A process that dies
 * before the rename leaves the sibling behind, which nobody takes for an artifact.
 */
final class FileArtifactStore implements ArtifactStore {
  static final String SCHEME = "file";

  private static final String INCOMING = ".incoming-";

  @Override
  public Path fetch(URI artifact, Optional<String> rootDigest, Path scratch) {
    Path directory = path(artifact);
    if (!Files.isDirectory(directory)) {
      throw new InvalidInputException(
          "%s: wanted a directory, found %s"
              .formatted(artifact, Files.exists(directory) ? "a file" : "nothing"));
    }
    rootDigest.ifPresent(wanted -> requireDigest(artifact, wanted, directory));
    return directory;
  }

  @Override
  public Published publish(Path directory, URI under, String name) {
    Path target = path(under).resolve(requirePlain(name));
    try {
      return Files.exists(target)
          ? existing(target, Manifest.of(directory))
          : add(directory, target);
    } catch (IOException e) {
      throw Failures.writing(target, e);
    }
  }

  @Override
  public Optional<Published> find(URI under, String name) {
    Path target = path(under).resolve(requirePlain(name));
    return Files.isDirectory(target)
        ? Optional.of(new Published(target.toUri(), Manifest.of(target)))
        : Optional.empty();
  }

  @Override
  public void clear(URI under, Instant unchangedSince) {
    Path directory = path(under);
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.filter(FileArtifactStore::isIncoming).toList()) {
        if (lastChange(entry).isBefore(unchangedSince)) {
          delete(entry);
        }
      }
    } catch (IOException e) {
      throw Failures.writing(directory, e);
    }
  }

  private static boolean isIncoming(Path entry) {
    return entry.getFileName().toString().startsWith(INCOMING);
  }

  private static Instant lastChange(Path directory) throws IOException {
    Instant last = Instant.MIN;
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Instant change = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
        last = change.isAfter(last) ? change : last;
      }
    }
    return last;
  }

  private static Published add(Path directory, Path target) throws IOException {
    Path parent = Objects.requireNonNull(target.getParent());
    Files.createDirectories(parent);
    Path incoming = parent.resolve(INCOMING + target.getFileName() + "-" + UUID.randomUUID());
    try {
      Manifest manifest = copy(directory, incoming);
      try {
        Files.move(incoming, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException e) {
        if (!Files.exists(target)) {
          throw e;
        }
        return existing(target, manifest); // somebody else was first
      }
      Durable.sync(parent);
      return new Published(target.toUri(), manifest);
    } finally {
      delete(incoming);
    }
  }

  private static Published existing(Path target, Manifest wanted) {
    Manifest found = Manifest.of(target);
    if (!found.rootDigest().equals(wanted.rootDigest())) {
      throw new InvalidInputException(
          "%s: is published with root digest %s and cannot be published again with %s; what is"
                  .formatted(target.toUri(), found.rootDigest(), wanted.rootDigest())
              + " published never changes, so choose another name");
    }
    return new Published(target.toUri(), found);
  }

  private static Manifest copy(Path directory, Path incoming) throws IOException {
    var problems = new Problems();
    DirectoryTree tree = DirectoryTree.list(directory, problems);
    problems.throwIfAny();
    Files.createDirectory(incoming);
    List<FileDigest> digests = new ArrayList<>();
    try (var digesting = new Digesting()) {
      for (Map.Entry<String, Path> file : tree.files().entrySet()) {
        Path to = incoming.resolve(file.getKey());
        Files.createDirectories(Objects.requireNonNull(to.getParent()));
        digests.add(digesting.copy(file.getKey(), file.getValue(), to));
      }
    }
    Durable.tree(incoming);
    return new Manifest(digests);
  }

  private static void requireDigest(URI artifact, String wanted, Path directory) {
    String found = Manifest.of(directory).rootDigest();
    if (!found.equals(wanted)) {
      throw new InvalidInputException(
          "%s: wanted root digest %s, found %s; it is not the artifact that was registered"
              .formatted(artifact, wanted, found));
    }
  }

  private static Path path(URI uri) {
    var problems = new Problems();
    if (!SCHEME.equalsIgnoreCase(uri.getScheme())) {
      problems.add("%s: wanted a URI of scheme 'file'", uri);
    }
    if (uri.isOpaque() || uri.getPath() == null || !uri.getPath().startsWith("/")) {
      problems.add("%s: wanted an absolute path, such as file:///models/resnet", uri);
    }
    if (uri.getRawAuthority() != null) {
      problems.add("%s: a file: URI names no host, found '%s'", uri, uri.getRawAuthority());
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      problems.add("%s: an artifact's URI has neither query nor fragment", uri);
    }
    problems.throwIfAny();
    return Path.of(uri).normalize();
  }

  private static String requirePlain(String name) {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,199}")) {
      throw new InvalidInputException(
          "'%s': the name of an artifact has up to 200 letters, digits, '.', '_' and '-', and begins"
                  .formatted(name)
              + " with a letter or digit");
    }
    return name;
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
