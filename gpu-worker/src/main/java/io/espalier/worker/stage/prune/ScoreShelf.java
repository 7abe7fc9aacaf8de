package io.espalier.worker.stage.prune;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores of models, such as sensitivity maps, kept beyond the run that measured them: another
 * budget for the same model needs no forward pass.
 *
 * <p>A job gets a copy of what is known of its model in its directory of checkpoints, and what it
 * leaves there is known from then on. Scores are the {@code .json} files directly in that
 * directory; resume points are other files and stay with their run. Each file says by its own
 * fingerprint what it holds for: whoever opens one refuses a foreign one.
 *
 * <p>Several jobs may be at work on the same model. What a job has made of a file that it knew
 * replaces that file, be it more or, since the job refused what it was lent, less. A file that
 * another job has changed meanwhile is {@linkplain ScoreUnion united} with the job's own.
 *
 * <p>At most {@value #MOST_FILES} files of {@value #MOST_BYTES} bytes in all are kept; those that
 * were not used for longest go first. A shelf that cannot be read or written costs time, never a
 * job.
 */
public final class ScoreShelf {
  /** The most files that are kept. */
  public static final int MOST_FILES = 1000;

  /** The most bytes that are kept. */
  public static final long MOST_BYTES = 1L << 30;

  private static final Logger LOGGER = LoggerFactory.getLogger(ScoreShelf.class);
  private static final String SCORES = ".json";
  private static final String PARTIAL = ".partial";

  /**
   * Subject of scores.
   *
   * @param modelDigest of what the numbers of the model come from
   * @param target device and number of threads that they were measured on: others round otherwise
   */
  public record Subject(String modelDigest, String target) {
    private String folder() {
      return Sha256.hex(modelDigest + "\n" + target).substring(0, 32);
    }
  }

  private record Kept(Path file, long bytes, Instant used) {}

  private final Path folder;
  private final int mostFiles;
  private final long mostBytes;

  /** The shelf in a folder, which several workers may share. */
  public ScoreShelf(Path folder) {
    this(folder, MOST_FILES, MOST_BYTES);
  }

  ScoreShelf(Path folder, int mostFiles, long mostBytes) {
    this.folder = folder;
    this.mostFiles = mostFiles;
    this.mostBytes = mostBytes;
  }

  /**
   * Makes sure that scores can be kept here.
   *
   * @throws InvalidInputException if they cannot
   */
  public void requireWritable() {
    try {
      Files.delete(Files.createTempFile(Files.createDirectories(folder), ".", PARTIAL));
    } catch (IOException e) {
      throw new InvalidInputException(
          "scores are to be kept in %s, which is no folder that can be written (%s); make it one, or name another"
              .formatted(folder, e));
    }
  }

  /** Copies what is known of a model to where a job looks for it; what is there already stays. */
  public Loan lend(Subject subject, Path checkpoints) {
    var loan = new Loan(folder.resolve(subject.folder()), checkpoints);
    try {
      loan.begin();
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("folder", folder).log("stored scores not read");
    }
    return loan;
  }

  /** Loan to one job, and the place for more. */
  public final class Loan {
    private final Path shelved;
    private final Path checkpoints;
    private final Map<String, Seen> seen = new HashMap<>();
    private boolean lent;
    private boolean learned;
    private boolean failed;

    private Loan(Path shelved, Path checkpoints) {
      this.shelved = shelved;
      this.checkpoints = checkpoints;
    }

    private void begin() throws IOException {
      for (Path file : scores(shelved)) {
        Path copy = checkpoints.resolve(file.getFileName());
        if (!Files.exists(copy)) {
          byte[] content = Files.readAllBytes(file);
          write(content, copy);
          seen.put(file.getFileName().toString(), new Seen(stamp(copy), ByteBuffer.wrap(content)));
          lent = true;
          Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        }
      }
    }

    /**
     * Returns whether the job was lent scores and has left no others: it measured none by itself.
     */
    public synchronized boolean sufficed() {
      return lent && !learned;
    }

    /**
     * Keeps copies of the scores that the job has left by now; a job that is killed loses what came
     * after the last time. Cheap if nothing is new.
     */
    public synchronized void keep() {
      try {
        boolean changed = false;
        for (Path file : scores(checkpoints)) {
          changed |= keep(file);
        }
        if (changed) {
          removeOldest();
        }
      } catch (IOException e) {
        if (!failed) {
          LOGGER.atWarn().setCause(e).addKeyValue("folder", folder).log("scores not kept");
        }
        failed = true;
      }
    }

    private boolean keep(Path file) throws IOException {
      String name = file.getFileName().toString();
      Seen before = seen.get(name);
      String stamp = stamp(file);
      if (before != null && before.stamp().equals(stamp)) {
        return false;
      }
      byte[] own = Files.readAllBytes(file);
      learned |= before == null || !before.content().equals(ByteBuffer.wrap(own));
      Path place = shelved.resolve(name);
      byte[] there = Files.exists(place) ? Files.readAllBytes(place) : new byte[0];
      boolean isKnown =
          there.length == 0 || (before != null && before.content().equals(ByteBuffer.wrap(there)));
      write(isKnown ? own : ScoreUnion.of(there, own), place);
      seen.put(name, new Seen(stamp, ByteBuffer.wrap(own)));
      return true;
    }
  }

  /**
   * A file of the job when it was last looked at.
   *
   * @param stamp changes if the file does
   * @param content never written to
   */
  private record Seen(String stamp, ByteBuffer content) {}

  private static String stamp(Path file) throws IOException {
    var attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return "%s %d %s"
        .formatted(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
  }

  private void removeOldest() throws IOException {
    List<Kept> all = all();
    all.sort(Comparator.comparing(Kept::used).reversed().thenComparing(Kept::file));
    long bytes = 0;
    for (int i = 0; i < all.size(); i++) {
      bytes += all.get(i).bytes();
      if (i >= mostFiles || bytes > mostBytes) {
        Files.deleteIfExists(all.get(i).file());
      }
    }
  }

  private List<Kept> all() throws IOException {
    List<Kept> all = new ArrayList<>();
    for (Path model : entries(folder)) {
      for (Path file : scores(model)) {
        try {
          var attributes = Files.readAttributes(file, BasicFileAttributes.class);
          all.add(new Kept(file, attributes.size(), attributes.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
          LOGGER.atDebug().addKeyValue("file", file).log("removed by another worker meanwhile");
        }
      }
    }
    return all;
  }

  private static List<Path> scores(Path folder) throws IOException {
    return entries(folder).stream()
        .filter(file -> file.getFileName().toString().endsWith(SCORES))
        .filter(Files::isRegularFile)
        .toList();
  }

  private static List<Path> entries(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  /** Whole or not at all; replaces what is there. */
  private static void write(byte[] content, Path to) throws IOException {
    Path parent = Files.createDirectories(to.toAbsolutePath().getParent());
    Path partial = Files.createTempFile(parent, ".", PARTIAL);
    try {
      Files.write(partial, content);
      Files.move(partial, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
