package io.espalier.worker.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.stage.EvaluateKeys;
import io.espalier.schemas.stage.PruneStages;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.job.ProcessGroup;
import io.espalier.worker.stage.job.StageChild;
import io.espalier.worker.stage.job.Stages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** Main class of a child JVM with stages that end in every way a stage can end. */
public final class TestStageProcess {
  private TestStageProcess() {}

  public static void main(String[] arguments) {
    StageChild.serve(arguments, stages(), () -> System.err.println("warm"));
  }

  /** A prune stage that does what its spec says, and an evaluate stage that writes nothing. */
  public static Stages stages() {
    return Stages.with(new Scripted(PruneStages.PRUNE), new Scripted(EvaluateKeys.EVALUATE));
  }

  private record Scripted(StageDeclaration declaration) implements Stage {
    @Override
    public String version() {
      return "1";
    }

    @Override
    public void check(StageJob job) {
      if (job.spec().contains("two problems")) {
        throw new InvalidInputException(List.of("first problem", "second problem"));
      }
      if (job.spec().contains("infeasible")) {
        throw new InfeasibleException("flops", 10, 48_661_760, "out of reach");
      }
    }

    @Override
    public Set<String> metrics(StageJob job) {
      return Set.of("flops");
    }

    @Override
    public StageReport run(StageJob job, Progress.Listener progress) {
      System.out.println("a library prints to standard output");
      progress.report(new Progress("search", 1, 2, Map.of("loss", Double.NaN)));
      switch (job.spec()) {
        case "\"abort\"" -> {
          System.err.println("libtorch: terminate called");
          Runtime.getRuntime().halt(134);
        }
        case "\"exhaust the heap\"" -> exhaust();
        case "\"never end\"", "{\"never\":\"end\"}" -> neverEnd(job);
        case "\"say goodbye\"" -> sayGoodbye(job);
        case "{\"budget\":1}", "{\"budget\":2}" -> score(job);
        case "\"leave an orphan\"" -> leaveOrphan(job);
        case "\"print a long line\"" -> printLongLine();
        case "\"tell the digest of the input\"" -> tellDigest(job);
        case "\"tell the environment\"" -> tellEnvironment(job);
        case "\"fail for good\"" -> throw new WorkerException("no way", false, null);
        case "\"have a bug\"" -> throw new IllegalStateException("a bug");
        default -> write(job);
      }
      progress.report(Progress.of("search", 2, 2));
      return report();
    }

    /** Writes whether it had to score the model, or found the scores of another job. */
    private static void score(StageJob job) {
      Path scores = job.checkpoints().resolve("scores.json");
      try {
        String found = Files.exists(scores) ? Files.readString(scores) : "none";
        Files.writeString(scores, "{}");
        Files.writeString(job.checkpoints().resolve("resume.bin"), "of this run alone");
        Files.writeString(job.output().resolve("config.json"), "scores found: " + found);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void write(StageJob job) {
      if (kind().equals(StageKind.PRUNE)) {
        try {
          String input = Files.readString(job.input().resolve("config.json"));
          Files.writeString(job.output().resolve("config.json"), input + "pruned " + job.seed());
          if (job.spec().contains("report")) {
            Files.writeString(
                job.output().resolve("report.json"), "{\"model\":{\"name\":\"net\"}}");
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  public static StageReport report() {
    return new StageReport(
        "scripted",
        "1",
        Map.of("asked", "60%"),
        List.of(Metric.exact("flops", "count", 100, 60)),
        List.of("espalier"),
        "cpu");
  }

  private static void exhaust() {
    List<byte[]> hoard = new ArrayList<>();
    while (!hoard.contains(new byte[0])) {
      hoard.add(new byte[1 << 20]);
    }
  }

  /** Starts a process that has no parent any more, writes down which, and ends without a result. */
  private static void leaveOrphan(StageJob job) {
    Path pids = job.checkpoints().resolve("pids");
    try {
      disown(Path.of(pids + ".partial"));
      Files.move(Path.of(pids + ".partial"), pids);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    Runtime.getRuntime().halt(1);
  }

  private static void disown(Path pids) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "sleep 600 & echo $! >> " + pids).inheritIO().start().waitFor();
  }

  private static void printLongLine() {
    String part = "x".repeat(1 << 20);
    for (int i = 0; i < 10; i++) {
      System.err.print(part);
    }
    System.err.println();
    System.err.println("after the long line");
    Runtime.getRuntime().halt(1);
  }

  /** Makes the input a model of one byte and asks for its digest. */
  private static void tellDigest(StageJob job) {
    byte[] header =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}  ".getBytes(UTF_8);
    var weights = ByteBuffer.allocate(8 + header.length + 1).order(ByteOrder.LITTLE_ENDIAN);
    weights.putLong(header.length).put(header).put((byte) 7);
    try {
      Files.writeString(job.input().resolve("config.json"), "{}");
      Files.write(job.input().resolve("model.safetensors"), weights.array());
      String digests = ModelDirectory.open(job.input()).digests().toString();
      Files.writeString(job.output().resolve("digest"), digests);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void tellEnvironment(StageJob job) {
    try {
      Files.write(
          job.output().resolve("environment"),
          System.getenv().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Never ends by itself, and keeps something when it is told to end. */
  private static void sayGoodbye(StageJob job) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    Files.writeString(job.checkpoints().resolve("goodbye"), "kept");
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }));
    neverEnd(job);
  }

  private static void neverEnd(StageJob job) {
    try {
      Process helper = new ProcessBuilder("sleep", "600").start();
      Path pids = job.checkpoints().resolve("pids.partial");
      Files.writeString(pids, ProcessHandle.current().pid() + "\n" + helper.pid() + "\n");
      if (ProcessGroup.isSupported()) { // else nobody would find it
        disown(pids);
      }
      Files.move(pids, job.checkpoints().resolve("pids"));
      new CountDownLatch(1).await();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
