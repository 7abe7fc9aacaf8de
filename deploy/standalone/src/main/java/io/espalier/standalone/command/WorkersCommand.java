package io.espalier.standalone.command;

import io.espalier.standalone.client.Workers;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TerminalWidth;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Workers of a running system. */
@Command(
    name = "workers",
    description = "List workers.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = WorkersCommand.List.class)
final class WorkersCommand {
  /** Lists workers. */
  @Command(
      name = "list",
      description =
          "List the workers that were heard of in the last two minutes: what they are at, what"
              + " memory is free. One that was not heard of for over 30 s is marked as silent, one"
              + " whose clock is over 5 s ahead of this machine's as ahead.",
      footer = {
        "",
        "Keys of -o json: workers, each as its newest event on the topic 'worker-heartbeats' with"
            + " heardSecondsAgo and silent, and with clockAheadSeconds if its clock is ahead."
      })
  static final class List extends Task {
    @Option(names = "--pool", paramLabel = "NAME", description = "Only workers of this pool.")
    private @Nullable String pool;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Workers.list(
          connection.address(), Optional.ofNullable(pool), TerminalWidth.ofStandardOutput());
    }
  }
}
