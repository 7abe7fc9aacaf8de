package io.espalier.standalone.command;

import io.espalier.schemas.InstallationException;
import io.espalier.schemas.TransientFailures;
import io.espalier.schemas.policy.InvalidPolicyException;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.local.ServiceException;
import io.espalier.standalone.report.Printable;
import io.espalier.streams.app.CoordinatorException;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Messages and return codes when a command does not do what it was asked to. */
public final class Failures {
  /** A person reads no more than that; a data set may have a problem per file. */
  private static final int MOST = 50;

  static final int UNEXPECTED = 1;
  static final int USAGE = 2;
  static final int INVALID_INPUT = 3;
  static final int INFEASIBLE = 4;
  static final int GATE = 5;
  static final int UNREACHABLE = 6;

  private Failures() {}

  static int usage(ParameterException found, String[] arguments) {
    ParameterException wrong = unknownOption(found);
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    // the parser begins some of its messages, but not all, with the same word
    String message = String.valueOf(wrong.getMessage()).replaceFirst("^Error: ", "");
    err.println(Printable.of("error: " + message));
    UnmatchedArgumentException.printSuggestions(wrong, err);
    err.println("see: %s --help".formatted(command.getCommandSpec().qualifiedName()));
    err.flush();
    return USAGE;
  }

  /**
   * A misspelt option makes the one that was meant look missing, which the parser then says; the
   * misspelling says more.
   */
  private static ParameterException unknownOption(ParameterException found) {
    CommandLine command = found.getCommandLine();
    List<String> unknown =
        found instanceof MissingParameterException
            ? command.getUnmatchedArguments().stream()
                .filter(argument -> argument.startsWith("-"))
                .toList()
            : List.of();
    return unknown.isEmpty() ? found : new UnmatchedArgumentException(command, unknown);
  }

  static int handle(Exception thrown, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (((Espalier) command.getCommandSpec().root().userObject()).debug()) {
      thrown.printStackTrace(err);
    }
    int code = exitCode(thrown);
    if (code == UNEXPECTED && !isExpected(thrown)) {
      err.println(Printable.of("error: unexpected: " + thrown));
      err.println("       --debug shows where it happened");
    } else {
      List<String> problems = problems(thrown);
      problems.stream().limit(MOST).forEach(line -> err.println(Printable.of(begun(line))));
      if (problems.size() > MOST) {
        err.println("error: and %d more".formatted(problems.size() - MOST));
      }
    }
    err.flush();
    return code;
  }

  /** A line that is indented goes on with the problem before it. */
  private static String begun(String line) {
    return (line.startsWith(" ") ? "     " : "error: ") + line;
  }

  /** A failure that says in words what is wrong. */
  private static boolean isExpected(Exception thrown) {
    return thrown instanceof WorkerException || thrown instanceof CoordinatorException;
  }

  static int exitCode(Exception thrown) {
    if (thrown instanceof InvalidInputException || thrown instanceof InvalidPolicyException) {
      return INVALID_INPUT;
    }
    if (thrown instanceof InfeasibleException) {
      return INFEASIBLE;
    }
    return thrown instanceof UnreachableException
            || thrown instanceof ServiceException
            || thrown instanceof InstallationException
            || thrown instanceof io.espalier.worker.kafka.UnreachableException
            || TransientFailures.include(thrown)
        ? UNREACHABLE
        : UNEXPECTED;
  }

  private static List<String> problems(Exception thrown) {
    return String.valueOf(thrown.getMessage()).lines().toList();
  }
}
