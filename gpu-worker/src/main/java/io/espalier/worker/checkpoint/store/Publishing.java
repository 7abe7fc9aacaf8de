package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.file.Digesting;
import io.espalier.worker.checkpoint.file.DirectoryTree;
import io.espalier.worker.checkpoint.file.Durable;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** One publication of a directory in a store of this machine's file system. */
final class Publishing {
  private static final Set<PosixFilePermission> EXECUTE =
      EnumSet.of(
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_EXECUTE);

  private final Draft draft;
  private final Path base;
  private final Path target;
  private final StopCheck stop;
  private final Path parent;
  private final Path incoming;

  /**
   * A publication.
   *
   * @param base of the store; stays as it is
   * @param target where the artifact is to be; nothing is there yet
   */
  Publishing(Draft draft, Path base, Path target, StopCheck stop) {
    this.draft = draft;
    this.base = base;
    this.target = target;
    this.stop = stop;
    this.parent = Objects.requireNonNull(target.getParent());
    this.incoming =
        parent.resolve(FileArtifactStore.INCOMING + target.getFileName() + "-" + UUID.randomUUID());
  }

  Published run() throws IOException {
    stop.check();
    Durable.directories(base, parent);
    Files.createDirectory(incoming);
    try {
      if (!take()) {
        copy();
      }
      Durable.tree(incoming, stop);
      stop.check();
      return show();
    } finally {
      FileArtifactStore.delete(incoming);
    }
  }

  private Published show() throws IOException {
    try {
      Files.move(incoming, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!Files.exists(target)) {
        throw e;
      }
      return FileArtifactStore.existing(target, draft.manifest(), stop); // somebody was first
    }
    Durable.sync(parent);
    return new Published(target.toUri(), draft.manifest());
  }

  /**
   * Takes the directory itself; false if only a copy will do: on another file system, of another
   * group, or with files that something else may still lead to or change.
   */
  private boolean take() throws IOException {
    if (!draft.movable() || !isPlain(draft.directory())) {
      return false;
    }
    var rights = Files.readAttributes(incoming, PosixFileAttributes.class);
    var own = Files.readAttributes(draft.directory(), PosixFileAttributes.class);
    if (!rights.group().equals(own.group())) {
      return false;
    }
    try {
      Files.delete(incoming);
      Files.move(draft.directory(), incoming, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.createDirectory(incoming);
      return false;
    }
    give(rights.permissions());
    return true;
  }

  /**
   * Returns whether there are only directories and files with one name each, and rights as we know
   * them.
   */
  private static boolean isPlain(Path directory) throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return false;
    }
    try (var paths = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Map<String, Object> found =
            Files.readAttributes(
                path, "unix:isDirectory,isRegularFile,nlink", LinkOption.NOFOLLOW_LINKS);
        boolean isOneFile =
            Boolean.TRUE.equals(found.get("isRegularFile"))
                && Integer.valueOf(1).equals(found.get("nlink"));
        if (!isOneFile && !Boolean.TRUE.equals(found.get("isDirectory"))) {
          return false;
        }
      }
    }
    return true;
  }

  /** The rights that a copy would have: a private folder's would keep others from reading it. */
  private void give(Set<PosixFilePermission> ofDirectories) throws IOException {
    Set<PosixFilePermission> ofFiles = EnumSet.copyOf(ofDirectories);
    ofFiles.removeAll(EXECUTE);
    try (var paths = Files.walk(incoming)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Files.setPosixFilePermissions(path, Files.isDirectory(path) ? ofDirectories : ofFiles);
      }
    }
  }

  private void copy() throws IOException {
    var problems = new Problems();
    DirectoryTree tree = DirectoryTree.list(draft.directory(), problems);
    problems.throwIfAny();
    List<FileDigest> digests = new ArrayList<>();
    try (var digesting = new Digesting(stop)) {
      for (Map.Entry<String, Path> file : tree.files().entrySet()) {
        Path to = incoming.resolve(file.getKey());
        Files.createDirectories(Objects.requireNonNull(to.getParent()));
        digests.add(
            digesting.copy(file.getKey(), draft.source(file.getKey(), file.getValue()), to));
      }
    }
    if (!new Manifest(digests).equals(draft.manifest())) {
      throw new ResourceException(
          "%s: was changed while it was being published as %s".formatted(draft.directory(), target),
          null);
    }
  }
}
