package io.espalier.worker.stage.distill;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Distillations in processes of their own that are killed, or told to end. */
class DistillResumeTest {
  private static final String SPEC =
      "{\"steps\": 14, \"batchSize\": 8, \"learningRate\": 0.02, \"evaluateEvery\": 4, \"ema\":"
          + " 0.9, \"features\": {\"loss\": \"mgd\"},"
          + " \"mixup\": 0.4, \"taskWeight\": 0.3}";
  private static final int NEVER = Integer.MAX_VALUE;

  private String spec = SPEC;
  private boolean correction;
  private final List<Integer> corrections = new ArrayList<>();

  @TempDir Path folder;

  @BeforeEach
  void models_and_images() throws IOException {
    for (String name : List.of("teacher", "student")) {
      Zoo.writeRandomModel(
          new RandomModel(
              "cifar_resnet8", 10, 32, List.of(4, 4, 8), name.length() - name.indexOf('t')),
          folder.resolve(name));
    }
    byte[] records = new byte[40 * 3073];
    new Random(5).nextBytes(records);
    for (int i = 0; i < 40; i++) {
      records[i * 3073] = (byte) (i % 10);
    }
    Files.write(folder.resolve("data_batch_1.bin"), records);
  }

  @Test
  void what_was_killed_or_told_to_end_goes_on_to_the_same_bits() throws Exception {
    List<Integer> whole = run("whole", NEVER, false, 0);
    assertThat(whole).hasSize(14);

    run("killed", 6, true, 0); // a state after every step
    List<Integer> goneOn = run("killed", NEVER, false, 0);
    run("ended", 6, false, 3_600_000); // a state only when it is told to end
    List<Integer> goneOnToo = run("ended", NEVER, false, 3_600_000);

    assertThat(goneOn.get(0)).as("first step after the kill").isGreaterThanOrEqualTo(6);
    assertThat(goneOnToo.get(0)).as("first step after the end").isGreaterThanOrEqualTo(7);
    for (String result : List.of("killed", "ended")) {
      assertThat(folder.resolve(result).resolve("model.safetensors"))
          .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));
    }
  }

  /** Steps of the teacher's correction are told like the student's. */
  @Test
  void a_teacher_whose_correction_was_cut_off_goes_on_to_the_same_bits() throws Exception {
    spec =
        "{\"steps\": 4, \"batchSize\": 8, \"learningRate\": 0.02, \"evaluateEvery\": 4,"
            + " \"teacherCorrection\": {\"steps\": 6, \"learningRate\": 0.01}}";
    List<Integer> whole = run("whole", NEVER, false, 0);
    assertThat(whole).containsExactly(1, 2, 3, 4);

    correction = true;
    run("killed", 4, true, 0); // in the correction
    correction = false;
    assertThat(corrections).startsWith(1, 2, 3, 4);
    run("killed", 2, true, 0); // after it
    assertThat(corrections.get(0)).isGreaterThanOrEqualTo(4);
    List<Integer> goneOn = run("killed", NEVER, false, 0);

    assertThat(corrections).isEmpty();

    assertThat(goneOn.get(0)).isGreaterThanOrEqualTo(2);
    assertThat(folder.resolve("killed").resolve("model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));
    assertThat(folder.resolve("checkpoints-killed/distill")).isEmptyDirectory();
  }

  /** Runs until a step is told, then ends the process; the steps that were told. */
  private List<Integer> run(String result, int until, boolean kill, long millis)
      throws IOException, InterruptedException {
    Files.createDirectories(folder.resolve(result));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.offline=true",
                "-Dai.djl.pytorch.num_threads=1",
                "-cp",
                System.getProperty("java.class.path"),
                DistillProcess.class.getName(),
                folder.toString(),
                folder.resolve(result).toString(),
                folder.resolve("data_batch_1.bin").toUri().toString(),
                spec,
                Long.toString(millis))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Integer> steps = new ArrayList<>();
    corrections.clear();
    try (BufferedReader told = process.inputReader()) {
      for (String line = told.readLine(); line != null; line = told.readLine()) {
        if (line.startsWith("correction ")) {
          corrections.add(Integer.valueOf(line.substring(11)));
        }
        if (correction && line.equals("correction " + until)) {
          process.toHandle().destroyForcibly();
        } else if (line.startsWith("step ")) {
          steps.add(Integer.valueOf(line.substring(5)));
          if (steps.get(steps.size() - 1) == until) {
            if (kill) {
              process.toHandle().destroyForcibly();
            } else {
              process.toHandle().destroy();
            }
          }
        }
      }
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    if (until == NEVER) {
      assertThat(process.exitValue()).isZero();
    }
    return steps;
  }
}
