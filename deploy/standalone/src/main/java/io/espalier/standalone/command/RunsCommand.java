package io.espalier.standalone.command;

import io.espalier.standalone.client.RunRequests;
import io.espalier.standalone.client.Runs;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs of a running system. */
@Command(
    name = "runs",
    description = "List, show, watch, cancel and retry runs.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunsCommand.List.class,
      RunsCommand.Show.class,
      RunsCommand.Watch.class,
      RunsCommand.Cancel.class,
      RunsCommand.Retry.class
    })
final class RunsCommand {
  /** Lists runs. */
  @Command(name = "list", description = "List runs, the newest last.")
  static final class List extends Task {
    @Option(names = "--model", paramLabel = "NAME", description = "Only runs of this model.")
    private @Nullable String model;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Runs.list(connection.address(), Optional.ofNullable(model));
    }
  }

  /** Shows a run. */
  @Command(name = "show", description = "Show a run: where it stands, what was measured.")
  static final class Show extends Task {
    @Parameters(paramLabel = "RUN", description = "Run id; its first letters will do.")
    private String run = "";

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Runs.show(connection.address(), run);
    }
  }

  /** Follows a run. */
  @Command(
      name = "watch",
      description = "Follow a run to its end and show it. Exit code 5 if a gate rejected it.")
  static final class Watch extends Task {
    @Parameters(paramLabel = "RUN", description = "Run id; its first letters will do.")
    private String run = "";

    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        defaultValue = "86400",
        description = "How long to wait. Default: a day.")
    private long timeoutSeconds;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      try (var narration = Narration.toStandardError()) {
        return Runs.watch(connection.address(), run, Duration.ofSeconds(timeoutSeconds), narration);
      }
    }
  }

  /** Stops a run. */
  @Command(name = "cancel", description = "Ask for a run to be stopped.")
  static final class Cancel extends Task {
    @Parameters(paramLabel = "RUN", description = "Run id; its first letters will do.")
    private String run = "";

    @Option(
        names = "--reason",
        defaultValue = "cancelled on the command line",
        description = "Why, in words.")
    private String reason = "";

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return RunRequests.cancel(connection.address(), run, reason);
    }
  }

  /** Runs a run again. */
  @Command(
      name = "retry",
      description =
          "Ask for a run that ended without a pruned model to be run again, or for the next attempt of one that backs off to be made at once.")
  static final class Retry extends Task {
    @Parameters(paramLabel = "RUN", description = "Run id; its first letters will do.")
    private String run = "";

    @Option(
        names = "--reason",
        defaultValue = "retried on the command line",
        description = "Why, in words.")
    private String reason = "";

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return RunRequests.retry(connection.address(), run, reason);
    }
  }
}
