package io.espalier.worker.stage.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.stage.Json;
import io.espalier.worker.stage.Sha256;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
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

  /** The digest of what is listed. */
  String of(FileListing listing, StopCheck stop) {
    return listing.bytes() > largestRead
        ? "listing " + listing.digest()
        : "content " + content(listing, stop);
  }

  private String content(FileListing listing, StopCheck stop) {
    Path memo = folder.resolve(Sha256.hex(listing.root().toString()).substring(0, 32) + ".json");
    String wanted = listing.digest();
    Optional<String> known = known(memo, wanted);
    if (known.isPresent()) {
      return known.get();
    }
    String digest = listing.contentDigest(stop);
    if (listing.isSettledAt(clock.instant())) {
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
}
