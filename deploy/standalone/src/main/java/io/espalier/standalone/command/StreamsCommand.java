package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.Services;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the coordinator. */
@Command(
    name = "streams",
    description = "Run the coordinator, which decides what happens next, until interrupted.")
final class StreamsCommand extends Task {
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Option(
      names = "--state-dir",
      required = true,
      paramLabel = "DIR",
      description = "Where its stores are kept over restarts.")
  private Path stateDirectory = Path.of("");

  @Option(
      names = "--artifacts",
      required = true,
      paramLabel = "URI",
      description = "Where workers publish, as a path or a file: URI that all of them share.")
  private String artifacts = "";

  @Mixin private ReadyFile ready = new ReadyFile();

  @Override
  Result run() throws InterruptedException {
    logLevel("INFO");
    ready.remove();
    Services.coordinator(connection.address(), stateDirectory, artifacts, ready::write);
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }
}
