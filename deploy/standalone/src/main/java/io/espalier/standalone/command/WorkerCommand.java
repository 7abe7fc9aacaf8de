package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.Services;
import io.espalier.standalone.report.Result;
import io.espalier.worker.stage.ChildSettings;
import java.nio.file.Path;
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
          "Where it publishes, as a path or a file: URI, so that it can see to it that the store is there. The coordinator says where each result goes.")
  private @Nullable String artifacts;

  @Option(
      names = "--allow-root",
      paramLabel = "DIR",
      description =
          "Directory that models and data may be read from, besides artifact stores; repeat for several. Default: none.")
  private List<Path> roots = List.of();

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
            roots),
        ready::write);
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }
}
