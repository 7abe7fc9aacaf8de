package io.espalier.standalone.command;

import io.espalier.standalone.model.Profiling;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the table of a search space, without data. */
@Command(
    name = "profile",
    description =
        "Print the table of a search space: costs of the narrowest, central and widest model, and whether constraints can be met. Needs no data.")
final class ProfileCommand extends Task {
  /** What there is to search with; values are written as in policies. */
  enum Algorithm {
    /** FastNAS. */
    FASTNAS
  }

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--algorithm",
      defaultValue = "fastnas",
      description = "fastnas, the only one in this version.")
  private Algorithm algorithm = Algorithm.FASTNAS;

  @Option(
      names = "--channel-divisor",
      paramLabel = "N",
      defaultValue = "32",
      description = "Widths are multiples of this. Default: ${DEFAULT-VALUE}.")
  private int channelDivisor;

  @Option(
      names = "--constraint",
      paramLabel = "NAME=BOUND",
      description = "Bound such as flops=60%% or parameters=200000; repeat for several.")
  private Map<String, String> constraints = new LinkedHashMap<>();

  @Override
  Result run() {
    Result result =
        Profiling.of(model, algorithm.name().toLowerCase(Locale.ROOT), channelDivisor, constraints);
    boolean feasible =
        result.json().findValues("satisfiable").stream().allMatch(value -> value.asBoolean());
    return feasible ? result : result.withExitCode(Failures.INFEASIBLE);
  }
}
