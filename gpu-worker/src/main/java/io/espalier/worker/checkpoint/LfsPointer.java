package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.file.DirectoryTree;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.domain.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * Pointer that git leaves for a large file if its extension for these is not there.
 *
 * <p>Source: git-lfs, {@code docs/spec.md}: text of less than 1024 bytes that begins with its
 * version.
 */
final class LfsPointer {
  private static final int LARGEST = 1024;
  private static final byte[] BEGINNING =
      "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

  /** Files that models are opened by, besides shards. */
  private static final Set<String> READ =
      Set.of(
          ModelDirectory.CONFIG,
          ModelDirectory.PREPROCESSOR,
          ShardIndex.FILE,
          WeightFiles.SINGLE,
          "tokenizer.json");

  private LfsPointer() {}

  /** Adds a problem if any of the files that a model is opened by is a pointer. */
  static void check(DirectoryTree tree, Problems problems) {
    var pointers =
        tree.files().entrySet().stream()
            .filter(file -> READ.contains(file.getKey()) || WeightFiles.isShardName(file.getKey()))
            .filter(file -> is(file.getValue()))
            .map(Map.Entry::getKey)
            .toList();
    if (!pointers.isEmpty()) {
      problems.add(
          "%s: %s are git-LFS pointers in place of the files; run `git lfs pull` in the clone, or"
              + " download the files",
          tree.root(), Problems.names(pointers));
    }
  }

  private static boolean is(Path file) {
    try {
      if (Files.size(file) >= LARGEST) {
        return false;
      }
      try (InputStream in = Files.newInputStream(file)) {
        return Arrays.equals(in.readNBytes(BEGINNING.length), BEGINNING);
      }
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }
}
