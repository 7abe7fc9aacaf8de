package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.demo.Stack;
import io.espalier.standalone.demo.StackSettings;
import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.Ports;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts everything on this machine and stays. */
@Command(
    name = "up",
    description =
        "Start broker, registry, coordinator and one CPU worker on this machine and stay until"
            + " interrupted (Ctrl-C, or `espalier down`). Whatever ends meanwhile is started again."
            + " Other commands of this user find it by themselves; `espalier status` shows it.")
final class UpCommand extends Task {
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Mixin private StackOption stack = new StackOption();

  @Option(
      names = "--broker-port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Where Kafka listens on localhost; 0 for any free port. Default: 9092.")
  private int brokerPort;

  @Option(
      names = "--registry-port",
      paramLabel = "PORT",
      defaultValue = "8081",
      description =
          "Where the schema registry listens on localhost; 0 for any free port. Default: 8081.")
  private int registryPort;

  @Option(
      names = "--allow-root",
      paramLabel = "DIR",
      description =
          "Directory that models and data may be read from, besides --dir and what `models"
              + " register` and `policies apply` of this user name; repeat for several.")
  private List<Path> roots = List.of();

  @Option(
      names = "--wait",
      paramLabel = "DURATION",
      defaultValue = "10m",
      converter = DurationConverter.class,
      description = "How long it may take until everything works, such as 90s. Default: 10m.")
  private Duration patience = Duration.ZERO;

  @Override
  Result run() {
    try (var narration = Narration.toStandardError()) {
      Path directory = stack.toStart();
      narration.say("working in " + directory);
      roots.forEach(UpCommand::requireDirectory);
      var settings =
          new StackSettings(directory, roots, new Ports(brokerPort, registryPort), patience);
      try (Stack started = Stack.start(settings, narration)) {
        boolean found = started.makeCurrent(CurrentStack.of(UserDirectories.current()));
        print(result(started, directory));
        narration.say(ready(found, started.address(), System.getenv()));
        while (!Thread.currentThread().isInterrupted()) {
          started.heal();
          LockSupport.parkNanos(LOOK.toNanos());
        }
      }
    }
    return Result.of(JsonNodeFactory.instance.objectNode(), "");
  }

  /** A worker whose directories are not there takes no work. */
  private static void requireDirectory(Path root) {
    if (!Files.isDirectory(root)) {
      throw new InvalidInputException(
          "--allow-root %s: wanted a directory, found %s"
              .formatted(root, Files.exists(root) ? "something else" : "nothing"));
    }
  }

  /** The last line of the start: what is there, and whether clients will find it. */
  static String ready(boolean found, Address address, Map<String, String> environment) {
    String variables =
        "ESPALIER_BOOTSTRAP_SERVERS=%s ESPALIER_REGISTRY_URL=%s"
            .formatted(address.bootstrapServers(), address.registryUrl());
    if (!found) {
      return "ready; this user has no home directory, so other commands need %s. Ctrl-C ends it"
          .formatted(variables);
    }
    boolean elsewhere =
        differs(environment.get("ESPALIER_BOOTSTRAP_SERVERS"), address.bootstrapServers())
            || differs(environment.get("ESPALIER_REGISTRY_URL"), address.registryUrl());
    return elsewhere
        ? "ready; but here ESPALIER_BOOTSTRAP_SERVERS or ESPALIER_REGISTRY_URL names another system, which other commands will use: unset them, or set %s"
            .formatted(variables)
        : "ready; other commands find it by themselves. Ctrl-C or `espalier down` ends it";
  }

  private static boolean differs(@org.jspecify.annotations.Nullable String set, String actual) {
    return set != null && !set.isBlank() && !set.equals(actual);
  }

  private static Result result(Stack stack, Path directory) {
    Address address = stack.address();
    var json =
        JsonNodeFactory.instance
            .objectNode()
            .put("bootstrapServers", address.bootstrapServers())
            .put("registryUrl", address.registryUrl())
            .put("topicPrefix", address.topicPrefix())
            .put("directory", directory.toString())
            .put("artifacts", stack.artifacts().toUri().toString());
    return Result.of(
        json,
        """
        Kafka            %s
        schema registry  %s
        artifacts        %s\
        """
            .formatted(address.bootstrapServers(), address.registryUrl(), stack.artifacts()));
  }
}
