package io.espalier.standalone.command;

import io.espalier.standalone.model.Profiling;
import io.espalier.standalone.report.Result;
import io.espalier.worker.algorithm.fastnas.Profiles.InputSize;
import io.espalier.worker.domain.InvalidInputException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Prints the table of a search space, without data. */
@Command(
    name = "profile",
    description =
        "Print the table of a search space: costs of the narrowest, central and widest model, and"
            + " whether constraints can be met. Needs no data, and with --architecture no weights.")
final class ProfileCommand extends Task {
  private static final String LATENCY = "latency";

  /** Algorithms to search with; values are written as in policies. */
  enum Algorithm {
    /** FastNAS. */
    FASTNAS,
    /** GradNAS. */
    GRADNAS,
    /** Minitron. */
    MINITRON
  }

  /** A directory or a name. */
  static final class Subject {
    @Option(names = "--model", paramLabel = ModelOption.LABEL, description = ModelOption.WHAT)
    private @Nullable String model;

    @Option(
        names = "--architecture",
        paramLabel = "NAME",
        description =
            "Network without weights, by timm's name or such as cifar_resnet20; for 10 classes if"
                + " it begins with cifar_, else for 1000.")
    private @Nullable String architecture;
  }

  @ArgGroup(multiplicity = "1")
  private Subject subject = new Subject();

  @Option(
      names = "--algorithm",
      defaultValue = "fastnas",
      description =
          "fastnas for networks of convolutions, gradnas for transformers, minitron for those that"
              + " continue text or read images. Default: ${DEFAULT-VALUE}.")
  private Algorithm algorithm = Algorithm.FASTNAS;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      converter = InputConverter.class,
      description =
          "Size of one image, such as 3x32x32. Default: what config.json says, or else what the"
              + " network was made for.")
  private @Nullable InputSize input;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description =
          "gradnas, minitron: length of one sequence. Default: the longest that the model takes.")
  private @Nullable Integer tokens;

  @Mixin private SpaceOptions space = new SpaceOptions();

  @Option(
      names = "--constraint",
      paramLabel = "NAME=BOUND",
      description =
          "Bound on flops, parameters or bytes, such as flops=60%% or parameters=200000; repeat for"
              + " several.")
  private Map<String, String> constraints = new LinkedHashMap<>();

  @Override
  Result run() {
    if (constraints.containsKey(LATENCY)) {
      throw wrong(
          "--constraint latency: latency is measured, on a device and with data, but a profile has"
              + " neither; put constraints.latency into a policy and run it with optimize");
    }
    if (algorithm != Algorithm.FASTNAS && subject.model == null) {
      throw wrong(
          "--architecture: %s needs a model directory, whose config.json says how wide its layers are; give --model"
              .formatted(name()));
    }
    Result result = profile();
    boolean feasible =
        result.json().findValues("satisfiable").stream().allMatch(value -> value.asBoolean());
    return feasible ? result : result.withExitCode(Failures.INFEASIBLE);
  }

  private String name() {
    return algorithm.name().toLowerCase(Locale.ROOT);
  }

  private Result profile() {
    var request =
        new Profiling.Request(
            name(),
            space.channelDivisor(this),
            space.layers(),
            Optional.ofNullable(input),
            tokens == null ? OptionalInt.empty() : OptionalInt.of(tokens),
            constraints);
    return subject.model == null
        ? Profiling.of(Optional.ofNullable(subject.architecture).orElse(""), request)
        : Profiling.of(ModelOption.directory(subject.model), request);
  }

  /** Reads {@code 3x32x32}. */
  static final class InputConverter implements ITypeConverter<InputSize> {
    @Override
    public InputSize convert(String text) {
      try {
        return InputSize.parse(text);
      } catch (InvalidInputException wrong) {
        throw new TypeConversionException(wrong.getMessage());
      }
    }
  }
}
