package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.Services;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
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

  @Mixin private StageOptions stage = new StageOptions();

  @Override
  Result run() throws InterruptedException {
    logLevel("INFO");
    Services.worker(
        connection.address(),
        new Services.WorkerSettings(
            pool,
            workDirectory,
            positive("--slots", slots),
            stage.heap(this),
            stage.threads(this)));
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }
}
