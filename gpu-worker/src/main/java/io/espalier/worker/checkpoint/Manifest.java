package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.file.Digesting;
import io.espalier.worker.checkpoint.file.DirectoryTree;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.checkpoint.file.Utf8Order;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The content of a directory: every file with size and digest.
 *
 * <p>Nothing but reports is left out, hidden files included, so two directories with the same files
 * have the same manifest, and a file more or less gives another one. Empty directories, names of
 * directories without files, times and permissions do not count.
 *
 * <p>Reports ({@link #REPORTS}) are about a model: whoever runs it does not read them. They tell
 * how long the work took, which is another number each time, while the same job must give the same
 * digest.
 *
 * @param files in the order of the path's UTF-8 bytes
 */
public record Manifest(List<FileDigest> files) {
  /** Files at the top of a directory that are about the model, not of it. */
  public static final Set<String> REPORTS = Set.of("report.html", "report.json");

  /** Files read of a model beside its weights. */
  private static final Set<String> READ =
      Set.of(ModelDirectory.CONFIG, ModelDirectory.PREPROCESSOR, ModelDirectory.TOKENIZER);

  /** A manifest; the files are copied and put in order. */
  public Manifest {
    files =
        files.stream()
            .filter(file -> !REPORTS.contains(file.path()))
            .sorted(Comparator.comparing(FileDigest::path, Utf8Order.COMPARATOR))
            .toList();
  }

  /**
   * Reads every file of a directory.
   *
   * @throws InvalidInputException if there is a link out of it, or something that is no file
   * @throws WorkerException if it cannot be read
   */
  public static Manifest of(Path directory) {
    return of(directory, StopCheck.NEVER);
  }

  /** The same, unless it is asked to stop. */
  public static Manifest of(Path directory, StopCheck stop) {
    return of(directory, Map.of(), stop);
  }

  /**
   * The same, but the files whose digests are known are not read.
   *
   * @param known digests by path
   */
  public static Manifest of(Path directory, Map<String, FileDigest> known, StopCheck stop) {
    var problems = new Problems();
    DirectoryTree tree = DirectoryTree.list(directory, problems);
    problems.throwIfAny();
    var digests = new ArrayList<FileDigest>();
    try (var digesting = new Digesting(stop)) {
      for (Map.Entry<String, Path> file : tree.files().entrySet()) {
        if (REPORTS.contains(file.getKey())) {
          continue;
        }
        FileDigest digest = known.get(file.getKey());
        digests.add(digest != null ? digest : digesting.read(file.getKey(), file.getValue()));
      }
    } catch (IOException e) {
      throw Failures.reading(directory, e);
    }
    return new Manifest(digests);
  }

  /**
   * SHA-256 over the concatenated raw digests of the files in path order, as OpenSSF model signing
   * has it; 64 lower-case hexadecimal digits. Paths and sizes do not enter it.
   */
  public String rootDigest() {
    var root = Digesting.sha256();
    files.forEach(file -> root.update(HexFormat.of().parseHex(file.sha256())));
    return HexFormat.of().formatHex(root.digest());
  }

  /**
   * SHA-256 over path, size and digest of every file in path order: for each its path in UTF-8, a
   * zero byte, its size as 8 bytes, the highest first, and the 32 bytes of its SHA-256; 64
   * lower-case hexadecimal digits. Unlike the root digest it changes when a file gets another name.
   */
  public String listingDigest() {
    var listing = Digesting.sha256();
    for (FileDigest file : files) {
      listing.update((file.path() + "\0").getBytes(StandardCharsets.UTF_8));
      listing.update(ByteBuffer.allocate(Long.BYTES).putLong(file.bytes()).array());
      listing.update(HexFormat.of().parseHex(file.sha256()));
    }
    return HexFormat.of().formatHex(listing.digest());
  }

  /**
   * SHA-256 over names and digests of the files that a forward pass reads: config.json, weights,
   * what prepares images, what makes tokens of texts. Whatever is measured on a model stays true
   * for as long as this stays the same, whatever becomes of its card or other files; 64 lower-case
   * hexadecimal digits.
   */
  public String forwardDigest() {
    var forward = Digesting.sha256();
    files.stream()
        .filter(file -> isRead(file.path()))
        .forEach(
            file -> {
              forward.update((file.path() + "\0").getBytes(StandardCharsets.UTF_8));
              forward.update(HexFormat.of().parseHex(file.sha256()));
            });
    return HexFormat.of().formatHex(forward.digest());
  }

  private static boolean isRead(String path) {
    return READ.contains(path)
        || path.endsWith(WeightFiles.SAFETENSORS)
        || path.equals(ShardIndex.FILE);
  }

  /** Both. */
  public ModelDigests digests() {
    return new ModelDigests(rootDigest(), forwardDigest());
  }

  /** Size of all files together. */
  public long bytes() {
    return files.stream().mapToLong(FileDigest::bytes).sum();
  }
}
