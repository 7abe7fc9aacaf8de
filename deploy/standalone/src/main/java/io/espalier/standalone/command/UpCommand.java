package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.client.Address;
import io.espalier.standalone.demo.Stack;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts everything on this machine and stays. */
@Command(
    name = "up",
    description =
        "Start broker, registry, coordinator and one CPU worker on this machine and stay until interrupted. Whatever ends meanwhile is started again.")
final class UpCommand extends Task {
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "For data, logs and artifacts; goes on with what an earlier one left. Default: a new temporary one.")
  private @Nullable Path directory;

  @Option(
      names = "--allow-root",
      paramLabel = "DIR",
      description =
          "Directory that models and data may be read from, besides --dir, the home directory and the working directory; repeat for several.")
  private List<Path> roots = List.of();

  @Override
  Result run() throws IOException {
    Path chosen =
        directory == null
            ? Files.createTempDirectory("espalier-up-")
            : Files.createDirectories(directory);
    try (var narration = Narration.toStandardError()) {
      narration.say("working in " + chosen.toAbsolutePath());
      try (Stack stack = Stack.start(chosen, roots, narration)) {
        print(result(stack.address()));
        narration.say("everything runs; interrupt (Ctrl-C) to stop");
        while (!Thread.currentThread().isInterrupted()) {
          stack.heal();
          LockSupport.parkNanos(LOOK.toNanos());
        }
      }
    }
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }

  private static Result result(Address address) {
    var json =
        JsonNodeFactory.instance
            .objectNode()
            .put("bootstrapServers", address.bootstrapServers())
            .put("registryUrl", address.registryUrl())
            .put("topicPrefix", address.topicPrefix());
    return Result.of(
        json,
        """
        export ESPALIER_BOOTSTRAP_SERVERS=%s
        export ESPALIER_REGISTRY_URL=%s"""
            .formatted(address.bootstrapServers(), address.registryUrl()));
  }
}
