package io.espalier.worker.checkpoint.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The files of a directory, or one file, as the file system describes them: size, time of change,
 * identity. Two equal listings mean that nothing was changed in between. Links count as what they
 * lead to; broken ones are left out, since whoever reads the directory tells of them.
 */
public final class FileListing {
  /**
   * Limits of a listing.
   *
   * @param files number of files
   * @param bytes size of all files together
   */
  public record Limits(long files, long bytes) {
    /** More than any model or data set of today has. */
    public static final Limits STANDARD = new Limits(100_000, 10L << 40);
  }

  /** Is asked before a link is followed. */
  @FunctionalInterface
  public interface LinkCheck {
    /** Every link may be followed. */
    LinkCheck NONE = (link, target) -> {};

    /**
     * Lets a link be followed.
     *
     * @throws InvalidInputException if it leads where it must not
     */
    void check(Path link, Path target);
  }

  /**
   * A file.
   *
   * @param path where it was found
   * @param bytes its size
   * @param changedNanos time of change, nanoseconds since the epoch
   * @param identity the file system's own name for it, such as its inode
   */
  public record Entry(Path path, long bytes, long changedNanos, String identity) {
    private static Entry of(Path path, BasicFileAttributes attributes) {
      return new Entry(
          path,
          attributes.size(),
          attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
          String.valueOf(attributes.fileKey()));
    }
  }

  /**
   * A file that was changed in the same tick of the file system's clock in which it was read has
   * the time of change that it would have without the change.
   */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private static final int BUFFER_BYTES = 1 << 20;
  private static final int DEEPEST = 100;

  private final Path root;
  private final Map<String, Entry> files;
  private final long bytes;

  private FileListing(Path root, Map<String, Entry> files, long bytes) {
    this.root = root;
    this.files = Collections.unmodifiableMap(files);
    this.bytes = bytes;
  }

  /**
   * Lists what lies at a path.
   *
   * @throws InvalidInputException if it is more than the limits allow, or a link is refused
   * @throws ResourceException if it cannot be listed
   */
  public static FileListing of(Path path, Limits limits, LinkCheck links, StopCheck stop) {
    try {
      Path root = path.toRealPath();
      var walk = new Walk(root, limits, links, stop);
      walk.visit(root, 0);
      return new FileListing(root, walk.files, walk.bytes);
    } catch (IOException e) {
      throw Failures.reading(path, e);
    }
  }

  /** The real path that was listed. */
  public Path root() {
    return root;
  }

  /** The files by path below the root, in order; the root itself is {@code ""}. */
  public Map<String, Entry> files() {
    return files;
  }

  /** Size of all files together. */
  public long bytes() {
    return bytes;
  }

  /** Returns whether no file is so young that a change of it could have gone unseen. */
  public boolean isSettledAt(Instant now) {
    long youngest = TimeUnit.MILLISECONDS.toNanos(now.minus(SETTLED).toEpochMilli());
    return files.values().stream().allMatch(entry -> entry.changedNanos() < youngest);
  }

  /** SHA-256 of all of it but the root, 64 lower-case hexadecimal digits. */
  public String digest() {
    var digest = Digesting.sha256();
    files.forEach(
        (name, e) ->
            digest.update(
                String.format(
                        Locale.ROOT,
                        "%s\0%d %d %s\n",
                        name,
                        e.bytes(),
                        e.changedNanos(),
                        e.identity())
                    .getBytes(UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * SHA-256 of names, sizes and contents, 64 lower-case hexadecimal digits. Reads everything.
   *
   * @throws ResourceException if something cannot be read
   */
  public String contentDigest(StopCheck stop) {
    var digest = Digesting.sha256();
    var buffer = new byte[BUFFER_BYTES];
    for (Map.Entry<String, Entry> file : files.entrySet()) {
      String head = String.format(Locale.ROOT, "%s\0%d\n", file.getKey(), file.getValue().bytes());
      digest.update(head.getBytes(UTF_8));
      try (InputStream in = Files.newInputStream(file.getValue().path())) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          stop.check();
          digest.update(buffer, 0, read);
        }
      } catch (IOException e) {
        throw Failures.reading(file.getValue().path(), e);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Goes on only if a later listing is the same.
   *
   * @throws ResourceException if it is not
   */
  public void requireSame(FileListing later) {
    if (!later.digest().equals(digest())) {
      throw new ResourceException(
          "%s: was changed while it was in use, so what was made of it is worth nothing. Nobody may write a model or data set in use; give each version a directory of its own."
              .formatted(root),
          null);
    }
  }

  private static final class Walk {
    private final Path root;
    private final Limits limits;
    private final LinkCheck links;
    private final StopCheck stop;
    private final Map<String, Entry> files = new TreeMap<>();
    private final Set<Path> above = new HashSet<>();
    private long bytes;

    Walk(Path root, Limits limits, LinkCheck links, StopCheck stop) {
      this.root = root;
      this.limits = limits;
      this.links = links;
      this.stop = stop;
    }

    void visit(Path path, int depth) throws IOException {
      stop.check();
      Path target = path;
      var attributes = attributes(path);
      if (attributes.isSymbolicLink()) {
        if (!Files.exists(path)) {
          return;
        }
        target = path.toRealPath();
        links.check(path, target);
        attributes = attributes(target);
      }
      if (attributes.isDirectory()) {
        enter(path, target, depth);
      } else if (attributes.isRegularFile()) {
        add(path, attributes);
      }
    }

    private void enter(Path path, Path target, int depth) throws IOException {
      Path real = target.toRealPath();
      if (depth == DEEPEST || !above.add(real)) {
        throw new InvalidInputException(
            "%s: is a directory inside itself, or more than %d deep".formatted(path, DEEPEST));
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          visit(entry, depth + 1);
        }
      } catch (java.nio.file.DirectoryIteratorException e) {
        throw e.getCause();
      }
      above.remove(real);
    }

    private void add(Path path, BasicFileAttributes attributes) {
      files.put(root.relativize(path).toString(), Entry.of(path, attributes));
      bytes += attributes.size();
      if (files.size() > limits.files() || bytes > limits.bytes()) {
        throw new InvalidInputException(
            "%s: has more than %d files or %d bytes, which no model or data set has. Name the directory of the model itself, or raise the worker's limits."
                .formatted(root, limits.files(), limits.bytes()));
      }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
  }
}
