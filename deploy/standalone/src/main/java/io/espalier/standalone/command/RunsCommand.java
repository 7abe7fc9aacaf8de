package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.event.RunState;
import io.espalier.standalone.client.RunFilter;
import io.espalier.standalone.client.RunListing;
import io.espalier.standalone.client.RunLog;
import io.espalier.standalone.client.RunRequests;
import io.espalier.standalone.client.Runs;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TerminalWidth;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs of a running system. */
@Command(
    name = "runs",
    description = "List, show, watch, cancel and retry runs; show what workers reported of them.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunsCommand.List.class,
      RunsCommand.Show.class,
      RunsCommand.Watch.class,
      RunsCommand.Logs.class,
      RunsCommand.Cancel.class,
      RunsCommand.Retry.class
    })
final class RunsCommand {
  /** Lists runs. */
  @Command(
      name = "list",
      description = "List runs, the newest last.",
      footer = {
        "",
        "Keys of -o json: 'runs', each as its event on the topic 'runs' (runId, modelName, state,"
            + " reason, ...) with stage (from 1), ageSeconds, percent, report, and note (such as"
            + " that no worker serves its pool); and 'more', whether --limit left out older ones."
      })
  static final class List extends Task {
    @Option(
        names = "--state",
        split = ",",
        paramLabel = "STATE",
        description =
            "Only runs in this state; several by commas: queued, running, backing_off, published,"
                + " rejected, failed, cancelled.")
    private Set<RunState> states = EnumSet.noneOf(RunState.class);

    @Option(names = "--policy", paramLabel = "NAME", description = "Only runs of this policy.")
    private @Nullable String policy;

    @Option(
        names = "--model",
        paramLabel = "NAME[@VERSION]",
        description = "Only runs of this model.")
    private @Nullable String model;

    @Option(
        names = "--since",
        paramLabel = "TIME",
        converter = PastTime.class,
        description =
            "Only runs to which something has happened since then: an age such as 30m, 2h or 7d, or"
                + " a time such as 2026-06-01T12:00:00Z.")
    private @Nullable Instant since;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "At most so many, the newest; up to 10000. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(
        names = {"-w", "--watch"},
        description = "Go on with a line (or a JSON object) for each run that changes.")
    private boolean watch;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      var filter =
          new RunFilter(
              states,
              Optional.ofNullable(policy),
              Optional.ofNullable(model),
              Optional.ofNullable(since),
              within("--limit", limit, RunFilter.MOST));
      var listing = new RunListing(filter, TerminalWidth.ofStandardOutput());
      if (watch) {
        listing.follow(connection.address(), this::print);
        return Result.of(JsonNodeFactory.instance.objectNode(), "");
      }
      return listing.now(connection.address());
    }
  }

  /** A command on one run. */
  abstract static class OneRun extends Task {
    @Parameters(paramLabel = "RUN", description = "Run id; its first letters will do.")
    private String id = "";

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    final String id() {
      return id;
    }

    final Address address() {
      return connection.address();
    }
  }

  /** Shows a run. */
  @Command(
      name = "show",
      description =
          "Show a run: where it stands, who is at it and how far, what was measured, how it fared"
              + " at the gates, where its report lies.",
      footer = {"", "Keys of -o json: those of a run in `runs list`."})
  static final class Show extends OneRun {
    @Override
    Result run() {
      return Runs.show(address(), id());
    }
  }

  /** Follows a run. */
  @Command(
      name = "watch",
      description = "Follow a run to its end and show it. Exit code 5 if a gate rejected it.")
  static final class Watch extends OneRun {
    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        defaultValue = "86400",
        description =
            "How long to wait. Default: a day. A run that has not ended by then goes on; the exit"
                + " code is 7.")
    private long timeoutSeconds;

    @Override
    Result run() {
      try (var narration = Narration.ofEvents()) {
        return Runs.watch(address(), id(), Duration.ofSeconds(timeoutSeconds), narration);
      }
    }
  }

  /** Shows what workers have reported. */
  @Command(
      name = "logs",
      description =
          "Show what workers have reported of a run, attempt by attempt: who began it, the phases"
              + " and each quarter of them, results, failures with their reasons.",
      footer = {
        "",
        "Keys of -o json: runId, and events, each with at, stage (from 1), attempt, workerId, event"
            + " (started, progressed, succeeded, failed), text; of failures also failure, message,"
            + " retryable."
      })
  static final class Logs extends OneRun {
    @Override
    Result run() {
      return RunLog.of(address(), id());
    }
  }

  /** Stops a run. */
  @Command(name = "cancel", description = "Ask for a run to be stopped.")
  static final class Cancel extends OneRun {
    @Option(
        names = "--reason",
        defaultValue = "cancelled on the command line",
        description = "Why, in words.")
    private String reason = "";

    @Override
    Result run() {
      return RunRequests.cancel(address(), id(), reason);
    }
  }

  /** Runs a run again. */
  @Command(
      name = "retry",
      description =
          "Ask for a run that ended without a pruned model to be run again, or for the next attempt"
              + " of one that backs off to be made at once.")
  static final class Retry extends OneRun {
    @Option(
        names = "--reason",
        defaultValue = "retried on the command line",
        description = "Why, in words.")
    private String reason = "";

    @Override
    Result run() {
      return RunRequests.retry(address(), id(), reason);
    }
  }
}
