package io.espalier.standalone.command;

import io.espalier.standalone.report.Format;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.StateColours;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that has a result, which is printed to standard output and nothing else is. */
abstract class Task implements Callable<Integer> {
  private static final String LOG_LEVEL = "espalier.log.level";
  private static final String LIBRARIES_LOG_LEVEL = "espalier.log.libraries";

  @Spec private @Nullable CommandSpec spec;

  /** Does the work. */
  abstract Result run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    if (root().debug()) {
      logLevel("INFO");
    }
    Result result = run();
    print(result);
    return result.exitCode();
  }

  /** Writes a result to standard output in the format asked for. */
  final void print(Result result) {
    PrintWriter out = spec().commandLine().getOut();
    if (!root().format().suits(result)) {
      throw wrong("-o name is for commands that list things; wanted table, json or yaml");
    }
    if (!result.json().isEmpty()) {
      String text = root().format().of(result);
      boolean coloured = root().format() == Format.TABLE && StateColours.areShown(System.getenv());
      out.println(coloured ? StateColours.of(text) : text);
    }
    out.flush();
  }

  /** Asks for a log of this level, unless another was asked for; before the first log line. */
  static void logLevel(String level) {
    System.getProperties().putIfAbsent(LOG_LEVEL, level);
    System.getProperties().putIfAbsent(LIBRARIES_LOG_LEVEL, "WARN");
  }

  /**
   * A number that must be at least 1.
   *
   * @throws ParameterException if it is not
   */
  final int positive(String option, int value) {
    if (value < 1) {
      throw wrong("%s must be at least 1, but is %d".formatted(option, value));
    }
    return value;
  }

  /**
   * A number that must be at least 1 and at most another.
   *
   * @throws ParameterException if it is not
   */
  final int within(String option, int value, int most) {
    if (positive(option, value) > most) {
      throw wrong("%s must be at most %d, but is %d".formatted(option, most, value));
    }
    return value;
  }

  /** The failure of a usage that the parser lets pass. */
  final ParameterException wrong(String message) {
    return new ParameterException(spec().commandLine(), message);
  }

  /** The command line as it was given, as a shell would take it again. */
  final String commandLine() {
    return Stream.concat(
            Stream.of("espalier"),
            spec().root().commandLine().getParseResult().originalArgs().stream().map(Task::quoted))
        .collect(Collectors.joining(" "));
  }

  private static String quoted(String argument) {
    return argument.matches("[-\\w./:=,@%+]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }

  /** Settings of the root command. */
  final Espalier root() {
    return (Espalier) spec().root().userObject();
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("a command must be run by the parser");
    }
    return spec;
  }
}
