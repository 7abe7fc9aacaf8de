package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.StackEnd;
import io.espalier.standalone.local.StackFile;
import io.espalier.standalone.local.StackRecord;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Stops what {@code up} has running. */
@Command(
    name = "down",
    description =
        "Stop what `up` has running on this machine and wait for its end; data stay. Done as well"
            + " if nothing runs.")
final class DownCommand extends Task {
  @Mixin private StackOption stack = new StackOption();

  @Option(
      names = "--wait",
      paramLabel = "DURATION",
      defaultValue = "90s",
      converter = DurationConverter.class,
      description = "How long the end in order may take before it is forced. Default: 90s.")
  private Duration patience = Duration.ZERO;

  @Override
  Result run() {
    Path directory = stack.toLookAt();
    var file = new StackFile(directory);
    Optional<StackRecord> found = file.read();
    boolean ran = found.isPresent() && found.get().owner().alive();
    if (found.isPresent()) {
      StackEnd.request(found.get(), patience);
      file.remove();
    }
    CurrentStack.of(UserDirectories.current()).clear(directory);
    return Result.of(
        JsonNodeFactory.instance
            .objectNode()
            .put("stopped", ran)
            .put("directory", directory.toString()),
        ran
            ? "stopped; data, logs and artifacts stay in " + directory
            : "nothing runs in " + directory);
  }
}
