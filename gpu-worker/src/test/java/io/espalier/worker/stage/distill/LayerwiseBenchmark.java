package io.espalier.worker.stage.distill;

import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.bench.LargeLlama;
import io.espalier.worker.bench.Machine;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Peak memory of a distillation layer by layer of a Llama in BF16 that is larger than its process
 * may get: one step of two sequences of 128 tokens in each layer, AdamW.
 *
 * <p>Arguments: MiB of the checkpoint (4096), folder for three times as much (the temporary one).
 */
public final class LayerwiseBenchmark {
  private static final int VOCABULARY = 32_000;
  private static final long SHARD_BYTES = 500_000_000;

  private LayerwiseBenchmark() {}

  /** Prints the peak memory of the process that distils, and how it divides. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 2 && arguments[0].equals("distil")) { // in a process of its own
      distil(Path.of(arguments[1]));
      return;
    }
    int mebibytes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4096;
    Path parent =
        Path.of(arguments.length > 1 ? arguments[1] : System.getProperty("java.io.tmpdir"));
    Path folder = Files.createTempDirectory(parent, "layerwise-benchmark");
    try {
      print("%s", Machine.line());
      Zoo.writeTexts(DrawnText.TALES, folder.resolve("data"), 40, 120, 1);
      Path model = folder.resolve("model");
      LargeLlama.write(model, LargeLlama.layers(mebibytes, VOCABULARY), VOCABULARY, SHARD_BYTES);
      print("%d MiB in shards", ModelDirectory.open(model).bytes() >> 20);
      inProcessOfItsOwn(folder);
    } finally {
      Machine.delete(folder);
    }
  }

  private static void inProcessOfItsOwn(Path folder) throws IOException, InterruptedException {
    int exit =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms32m",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path"),
                LayerwiseBenchmark.class.getName(),
                "distil",
                folder.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("the process that distils ended with " + exit);
    }
  }

  private static void distil(Path folder) throws IOException {
    Path model = folder.resolve("model");
    URI data = folder.resolve("data").toUri();
    StageJob job =
        new StageJob(
                "benchmark",
                0,
                1,
                StageKind.DISTILL,
                "{\"mode\": \"layerwise\", \"steps\": 1, \"batchSize\": 2, \"maxLength\": 128,"
                    + " \"activationMebibytes\": 64, \"learningRate\": 1e-9}",
                model,
                Files.createDirectories(folder.resolve("result")),
                folder.resolve("checkpoints"),
                Map.of(
                    "train", URI.create(data + "?split=test"),
                    "eval", URI.create(data + "?split=test")),
                1)
            .with(Map.of(StageDeclaration.TEACHER, model));
    long start = System.nanoTime();
    StageReport report = new DistillStage().run(job, Progress.Listener.NONE);
    long state = 4 * Float.BYTES * LargeLlama.layerParameters();
    print(
        "%s steps in %.0f s; peak resident memory %s, of which a layer with its gradients and two"
            + " moments is %d MiB (wanted at most 1.5 GB and that)",
        report.change().get("steps"),
        (System.nanoTime() - start) / 1e9,
        Machine.peakMemory(),
        state >> 20);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
