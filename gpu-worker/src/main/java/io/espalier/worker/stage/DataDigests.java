package io.espalier.worker.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Digests of data sets.
 *
 * <p>Up to {@value #LARGEST_READ} bytes, the digest is of names and contents: every file's path
 * below the root, length and bytes. The contents are read once and remembered for as long as the
 * listing (names, sizes, times of change, file keys) stays the same. A larger data set is known by
 * its listing alone, since reading it would cost more than many stages; whoever changes such a data
 * set without changing a size or a time gets results of the old one.
 */
final class DataDigests {
  /** The largest data set, in bytes, whose contents are read. */
  static final long LARGEST_READ = 4L << 30;

  private static final Logger LOGGER = LoggerFactory.getLogger(DataDigests.class);

  /**
   * A file that was changed in the same tick of the file system's clock in which it was read has
   * the time of change that it would have without the change, so young files are not remembered.
   */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private record Entry(Path file, BasicFileAttributes attributes) {}

  /** The files of a data set by path below its root, as the file system describes them. */
  private record Listing(Path root, Map<String, Entry> files) {
    static Listing of(Path path) throws IOException {
      Path root = path.toRealPath();
      Map<String, Entry> files = new TreeMap<>();
      try (var found = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
        for (Path file : (Iterable<Path>) found::iterator) {
          var attributes = Files.readAttributes(file, BasicFileAttributes.class);
          if (attributes.isRegularFile()) {
            files.put(root.relativize(file).toString(), new Entry(file, attributes));
          }
        }
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      return new Listing(root, files);
    }

    long bytes() {
      return files.values().stream().mapToLong(entry -> entry.attributes().size()).sum();
    }

    boolean isSettledAt(Instant now) {
      Instant youngest = now.minus(SETTLED);
      return files.values().stream()
          .allMatch(e -> e.attributes().lastModifiedTime().toInstant().isBefore(youngest));
    }

    String digest() {
      MessageDigest digest = Sha256.start();
      files.forEach(
          (name, entry) -> {
            BasicFileAttributes a = entry.attributes();
            String line =
                String.format(
                    Locale.ROOT,
                    "%s\0%d %d %s\n",
                    name,
                    a.size(),
                    a.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                    a.fileKey());
            digest.update(line.getBytes(UTF_8));
          });
      return hex(digest);
    }

    String contentDigest() throws IOException {
      MessageDigest digest = Sha256.start();
      for (Map.Entry<String, Entry> file : files.entrySet()) {
        String head =
            String.format(
                Locale.ROOT, "%s\0%d\n", file.getKey(), file.getValue().attributes().size());
        digest.update(head.getBytes(UTF_8));
        try (InputStream in = Files.newInputStream(file.getValue().file())) {
          new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
        }
      }
      return hex(digest);
    }
  }

  private final Path folder;
  private final long largestRead;
  private final Clock clock;

  /** Digests that are remembered in a folder, one file per data set. */
  DataDigests(Path folder) {
    this(folder, LARGEST_READ, Clock.systemUTC());
  }

  DataDigests(Path folder, long largestRead, Clock clock) {
    this.folder = folder;
    this.largestRead = largestRead;
    this.clock = clock;
  }

  /**
   * The digest of what lies at a URI; of nothing if that is not a local path or cannot be read,
   * since the stage's own check says what is wrong with it.
   */
  String of(URI uri) {
    boolean local = uri.getScheme() == null || "file".equalsIgnoreCase(uri.getScheme());
    if (!local || uri.getPath() == null) {
      return "elsewhere";
    }
    try {
      Listing listing = Listing.of(Path.of(uri.getPath()));
      return listing.bytes() > largestRead
          ? "listing " + listing.digest()
          : "content " + content(listing);
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).addKeyValue("data", uri).log("data cannot be read");
      return "unreadable";
    }
  }

  private String content(Listing listing) throws IOException {
    Path memo = folder.resolve(Sha256.hex(listing.root().toString()).substring(0, 32) + ".json");
    String wanted = listing.digest();
    Optional<String> known = known(memo, wanted);
    if (known.isPresent()) {
      return known.get();
    }
    String digest = listing.contentDigest();
    boolean unchanged = Listing.of(listing.root()).digest().equals(wanted);
    if (unchanged && listing.isSettledAt(clock.instant())) {
      Json.write(memo, Json.object().put("listing", wanted).put("content", digest));
    }
    return digest;
  }

  private static Optional<String> known(Path memo, String listing) {
    if (!Files.isRegularFile(memo)) {
      return Optional.empty();
    }
    try {
      JsonNode node = Json.read(memo);
      return listing.equals(node.path("listing").textValue())
          ? Optional.ofNullable(node.path("content").textValue())
          : Optional.empty();
    } catch (UncheckedIOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", memo).log("unreadable data digest ignored");
      return Optional.empty();
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
