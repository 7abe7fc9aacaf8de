package io.espalier.standalone.command;

import io.espalier.standalone.client.letter.DeadLetterListing;
import io.espalier.standalone.client.letter.DeadLetterReplay;
import io.espalier.standalone.client.letter.LetterId;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TerminalWidth;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Records of a running system that could not be read or processed. */
@Command(
    name = "dead-letters",
    description = "List, show and replay records that could not be read or processed.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DeadLettersCommand.List.class,
      DeadLettersCommand.Show.class,
      DeadLettersCommand.Replay.class
    })
final class DeadLettersCommand {
  /** Lists letters. */
  @Command(
      name = "list",
      description = "List dead letters, the newest last.",
      footer = {
        "",
        "Keys of -o json: letters, each with letter (its name for the other commands), at, topic,"
            + " partition and offset (where it came from, as far as that is known), key, cause,"
            + " message, bytes, runId (of a run that failed), replayedFrom (the letter that was"
            + " sent back and came again as this one); and more, whether --limit left out older"
            + " ones."
      })
  static final class List extends Task {
    @Option(
        names = "--from",
        paramLabel = "TOPIC",
        description = "Only those that came from this topic, with or without its prefix.")
    private @Nullable String from;

    @Option(
        names = "--since",
        paramLabel = "TIME",
        converter = PastTime.class,
        description = "Only those since then: an age such as 2h, or a time.")
    private @Nullable Instant since;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "At most so many, the newest; up to 10000. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      var filter =
          new DeadLetterListing.Filter(
              Optional.ofNullable(from),
              Optional.ofNullable(since),
              within("--limit", limit, DeadLetterListing.Filter.MOST));
      return DeadLetterListing.list(connection.address(), filter, TerminalWidth.ofStandardOutput());
    }
  }

  /** Shows a letter. */
  @Command(
      name = "show",
      description =
          "Show a dead letter: its headers, and its value as the event that it is meant to be where"
              + " it can be read, else its first bytes.",
      footer = {
        "",
        "Keys of -o json: those of a letter in `dead-letters list`, and headers, event or text and"
            + " hex."
      })
  static final class Show extends Task {
    @Parameters(
        paramLabel = "LETTER",
        converter = LetterIdReader.class,
        description = "As `dead-letters list` names it.")
    private LetterId letter = LetterId.FIRST;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return DeadLetterListing.show(connection.address(), letter);
    }
  }

  /** Sends letters back. */
  @Command(
      name = "replay",
      description =
          "Send dead letters back to the topics that they came from, with their keys and headers"
              + " and the header espalier.replayed-from. What failed once fails again if its cause"
              + " is still there.")
  static final class Replay extends Task {
    @Parameters(
        paramLabel = "LETTER",
        arity = "0..*",
        converter = LetterIdReader.class,
        description = "As `dead-letters list` names them.")
    private java.util.List<LetterId> letters = java.util.List.of();

    @Option(
        names = "--all-from",
        paramLabel = "TOPIC",
        description = "All that came from this topic, with or without its prefix; needs --yes.")
    private @Nullable String allFrom;

    @Option(names = "--yes", description = "Yes, all of them.")
    private boolean yes;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      if (letters.isEmpty() == (allFrom == null)) {
        throw wrong(
            "wanted either letters, as `dead-letters list` names them, or --all-from TOPIC");
      }
      if (allFrom == null) {
        return DeadLetterReplay.of(connection.address(), letters);
      }
      if (!yes) {
        throw wrong(
            "--all-from sends everything back that ever came from '%s'; say --yes to have that, and look at `dead-letters list --from %s` first"
                .formatted(allFrom, allFrom));
      }
      return DeadLetterReplay.allFrom(connection.address(), allFrom);
    }
  }
}
