package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.Services;
import io.espalier.standalone.report.Result;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.RootsFile;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.job.ChildSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a worker. */
@Command(
    name = "worker",
    description = "Run a worker of a pool, which does the stages, until interrupted.")
final class WorkerCommand extends Task {
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Option(
      names = "--pool",
      defaultValue = "default",
      paramLabel = "NAME",
      description = "The pool it serves. Default: ${DEFAULT-VALUE}.")
  private String pool = "";

  @Option(
      names = "--work-dir",
      required = true,
      paramLabel = "DIR",
      description = "For jobs, checkpoints and the cache of results; kept over restarts.")
  private Path workDirectory = Path.of("");

  @Option(
      names = "--slots",
      defaultValue = "1",
      description = "Stages at the same time. Default: ${DEFAULT-VALUE}.")
  private int slots;

  @Option(
      names = "--artifacts",
      paramLabel = "URI",
      description =
          "Where it publishes, as a path or a file: URI, so that it can see to it that the store is"
              + " there. The coordinator says where each result goes.")
  private @Nullable String artifacts;

  @Option(
      names = "--allow-root",
      paramLabel = "DIR",
      description =
          "Directory that models and data may be read from, besides artifact stores; repeat for"
              + " several. Default: none.")
  private List<Path> roots = List.of();

  @Option(
      names = "--allow-roots-file",
      paramLabel = "FILE",
      description =
          "List of more such directories, one absolute path a line, which is read anew whenever it"
              + " has changed. Whoever can write it says what the worker reads.")
  private @Nullable Path rootsFile;

  @Option(
      names = "--stall",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description =
          "How long a stage may show the same progress before it counts as hung, is stopped and"
              + " tried again, such as 30m. Default: 2h for distill and quantize, 1h for all else.")
  private @Nullable Duration stall;

  @Mixin private StageOptions stage = new StageOptions();

  @Mixin private ReadyFile ready = new ReadyFile();

  @Override
  Result run() {
    logLevel("INFO");
    ready.remove();
    int atOnce = positive("--slots", slots);
    Services.worker(
        connection.address(),
        new Services.WorkerSettings(
            pool,
            workDirectory,
            atOnce,
            ChildSettings.of(stage.heap(this, atOnce), stage.threads(this)),
            Optional.ofNullable(artifacts),
            inputs(),
            stall()),
        ready::write);
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }

  private InputRoots inputs() {
    InputRoots allowed = InputRoots.of(roots);
    return rootsFile == null ? allowed : allowed.with(new RootsFile(rootsFile.toAbsolutePath()));
  }

  private StallLimits stall() {
    if (stall == null) {
      return StallLimits.STANDARD;
    }
    if (stall.isZero()) {
      throw wrong("--stall must be more than 0s: a stage needs some time to show progress");
    }
    return StallLimits.of(stall);
  }
}
