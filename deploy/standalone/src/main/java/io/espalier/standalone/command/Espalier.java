package io.espalier.standalone.command;

import io.espalier.standalone.report.Format;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line's root. */
@Command(
    name = "espalier",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Espalier.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Event-driven model optimization on Kafka.",
    sortOptions = false,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:unexpected failure",
      "2:wrong usage",
      "3:invalid input: model, policy or data",
      "4:no model meets the constraint",
      "5:a gate failed",
      "6:the system cannot be reached"
    },
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      SetupCommand.class,
      OptimizeCommand.class,
      InspectCommand.class,
      ProfileCommand.class,
      EvaluateCommand.class,
      ZooCommand.class,
      ModelsCommand.class,
      PoliciesCommand.class,
      RunsCommand.class,
      ReportsCommand.class,
      WorkersCommand.class,
      StreamsCommand.class,
      WorkerCommand.class
    })
public final class Espalier {
  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "How the result is written: table, json or yaml. Default: table.")
  private Format format = Format.TABLE;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces and the log.")
  private boolean debug;

  /** Runs a command and returns its exit code. */
  public static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  /** The parser, ready to run. */
  static CommandLine commandLine() {
    return new CommandLine(new Espalier())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Failures::usage)
        .setExecutionExceptionHandler(Failures::handle);
  }

  Format format() {
    return format;
  }

  boolean debug() {
    return debug;
  }

  /** What {@code --version} says: the version in the jar's manifest. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"espalier " + packaged().orElse("(not packaged)")};
    }

    /** The version in the jar's manifest, if this is one. */
    static Optional<String> packaged() {
      return Optional.ofNullable(Espalier.class.getPackage().getImplementationVersion());
    }
  }
}
