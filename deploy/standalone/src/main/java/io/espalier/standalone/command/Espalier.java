package io.espalier.standalone.command;

import io.espalier.standalone.report.Format;
import java.util.List;
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
      "6:the system cannot be reached",
      "7:what was waited for did not come in time"
    })
public final class Espalier {
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          UpCommand.class,
          StatusCommand.class,
          DownCommand.class,
          SetupCommand.class,
          OptimizeCommand.class,
          CompareCommand.class,
          InspectCommand.class,
          ProfileCommand.class,
          EvaluateCommand.class,
          ZooCommand.class,
          ModelsCommand.class,
          PoliciesCommand.class,
          RunsCommand.class,
          ReportsCommand.class,
          WorkersCommand.class,
          PoolsCommand.class,
          DeadLettersCommand.class,
          StreamsCommand.class,
          WorkerCommand.class,
          CompletionCommand.class);

  @Option(
      names = {"-o", "--output"},
      scope = ScopeType.INHERIT,
      paramLabel = "FORMAT",
      defaultValue = "table",
      description =
          "How the result is written: table, json, yaml, or name (of lists: names alone). Default:"
              + " table.")
  private Format format = Format.TABLE;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces and the log.")
  private boolean debug;

  /** Runs a command and returns its exit code. */
  public static int run(String... arguments) {
    return with(needed(arguments)).execute(arguments);
  }

  /** The parser of all commands, ready to run. */
  static CommandLine commandLine() {
    return with(COMMANDS);
  }

  /**
   * The commands that the parser must know: to read what all of them take is a third of the time
   * that a client needs, so where one is named first it is that alone, and for the version none.
   */
  static List<Class<?>> needed(String... arguments) {
    if (List.of(arguments).equals(List.of("--version"))) {
      return List.of();
    }
    return COMMANDS.stream()
        .filter(command -> arguments.length > 0 && name(command).equals(arguments[0]))
        .findFirst()
        .<List<Class<?>>>map(List::of)
        .orElse(COMMANDS);
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  private static CommandLine with(List<Class<?>> commands) {
    var root = new CommandLine(new Espalier());
    commands.forEach(root::addSubcommand);
    return root.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Failures::usage)
        .setExecutionExceptionHandler(Failures::handle);
  }

  Format format() {
    return format;
  }

  boolean debug() {
    return debug;
  }

  /** Output of {@code --version}: the version in the jar's manifest. */
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
