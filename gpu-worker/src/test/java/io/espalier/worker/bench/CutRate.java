package io.espalier.worker.bench;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Speed of cutting a checkpoint, against {@code cp} and then {@code sha256sum} of it.
 *
 * @param model directory of the checkpoint
 * @param architecture its tensors
 * @param rounds how often both are done in turn
 * @param wanted the least ratio of the two rates
 */
record CutRate(Path model, Architecture architecture, int rounds, double wanted) {
  private static final double MIB = 1 << 20;

  /** Prints sizes, times and ratios of every round, and their median. */
  void measure(String what, Kept kept, Sharding sharding) throws IOException, InterruptedException {
    var ratios = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      ratios[round] = once("%s, round %d".formatted(what, round + 1), kept, sharding);
    }
    Arrays.sort(ratios);
    System.out.printf(
        "%s: median ratio %.2f (wanted %.2f)%n", what, ratios[(rounds - 1) / 2], wanted);
  }

  private double once(String what, Kept kept, Sharding sharding)
      throws IOException, InterruptedException {
    Path copy = model.resolveSibling("copy");
    Path cut = model.resolveSibling("cut");
    ModelDirectory opened = ModelDirectory.open(model);
    double copySeconds = Machine.seconds("cp", "-r", model.toString(), copy.toString());
    double sumSeconds = Machine.seconds("sh", "-c", "sha256sum '" + copy + "'/* > /dev/null");
    Machine.delete(copy);

    long start = System.nanoTime();
    Manifest manifest = Surgery.cut(opened, architecture, kept, sharding, cut);
    double cutSeconds = (System.nanoTime() - start) / 1e9;
    Machine.delete(cut);

    double copyRate = opened.bytes() / MIB / (copySeconds + sumSeconds);
    double readRate = opened.bytes() / MIB / cutSeconds;
    double writeRate = manifest.bytes() / MIB / cutSeconds;
    System.out.printf(
        "%s: cp %.2f s + sha256sum %.2f s of %.0f MiB = %.0f MiB/s; cut %.2f s to %.0f MiB"
            + " = %.0f MiB/s written, %.0f MiB/s of the source; written / copied %.2f,"
            + " source / copied %.2f; load %s%n",
        what,
        copySeconds,
        sumSeconds,
        opened.bytes() / MIB,
        copyRate,
        cutSeconds,
        manifest.bytes() / MIB,
        writeRate,
        readRate,
        writeRate / copyRate,
        readRate / copyRate,
        Machine.load());
    return writeRate / copyRate;
  }
}
