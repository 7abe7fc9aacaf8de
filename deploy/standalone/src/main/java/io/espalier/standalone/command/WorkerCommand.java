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

  @Option(
      names = "--heap",
      paramLabel = "MIB",
      defaultValue = "1500",
      description = "Java heap of a stage; tensors come on top. Default: ${DEFAULT-VALUE}.")
  private int heap;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of the tensor library. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Override
  Result run() throws InterruptedException {
    logLevel("INFO");
    Services.worker(
        connection.address(),
        new Services.WorkerSettings(
            pool,
            workDirectory,
            positive("--slots", slots),
            positive("--heap", heap),
            positive("--threads", threads)));
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }
}
