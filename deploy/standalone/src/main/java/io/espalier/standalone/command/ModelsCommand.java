package io.espalier.standalone.command;

import io.espalier.standalone.client.Models;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TerminalWidth;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Models of a running system. */
@Command(
    name = "models",
    description = "Make models known to a running system, list and show them.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {RegisterCommand.class, ModelsCommand.List.class, ModelsCommand.Show.class})
final class ModelsCommand {
  /** Lists model versions. */
  @Command(
      name = "list",
      description = "List the registered model versions and how their runs stand.",
      footer = {
        "",
        "Keys of -o json: models, each as its newest event on the topic 'model-registered' (name,"
            + " version, rootDigest, ...) with runs: how many are in which state."
      })
  static final class List extends Task {
    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Models.list(connection.address(), TerminalWidth.ofStandardOutput());
    }
  }

  /** Shows a model version. */
  @Command(
      name = "show",
      description =
          "Show a model version: its registrations and what they were answered, its runs, what it"
              + " was made from, and what came of it: cost, and what was gained and lost.",
      footer = {
        "",
        "Keys of -o json: those of its newest event on the topic 'model-registered'; parent and"
            + " madeByRun if Espalier made it; registrations; runs as in `runs list`; pruned, each"
            + " with runId, policyName, artifactUri, rootDigest, seconds, report, registeredAs,"
            + " before, after; answers as on the topic 'registration-answers'."
      })
  static final class Show extends Task {
    @Parameters(
        paramLabel = "NAME[@VERSION]",
        description = "Model; its version that was registered last if none is given.")
    private String model = "";

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Models.show(connection.address(), model, TerminalWidth.ofStandardOutput());
    }
  }
}
