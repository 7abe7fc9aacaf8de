package io.espalier.standalone.command;

import io.espalier.standalone.model.LocalEvaluation;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a model on this machine. */
@Command(
    name = "evaluate",
    description =
        "Measure a model: how good it is on data, by what it is for, and latency on this device.")
final class EvaluateCommand extends Task {
  @Option(
      names = "--model",
      required = true,
      paramLabel = ModelOption.LABEL,
      description = ModelOption.WHAT)
  private String model = "";

  @Option(
      names = "--data",
      required = true,
      paramLabel = "URI",
      description = "Data set: a path or file: URI, with ?split=test where it has splits.")
  private String data = "";

  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description =
          "Longest sequence, of models that read text; operations and latency are those of one such"
              + " sequence.")
  private @Nullable Integer maxLength;

  @Option(
      names = "--stride",
      paramLabel = "TOKENS",
      description = "Tokens that neighbouring windows of a question share.")
  private @Nullable Integer stride;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of the tensor library. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Override
  Result run() {
    try (var narration = Narration.toStandardError()) {
      var asked =
          new LocalEvaluation.Request(
              ModelOption.directory(model),
              data,
              Optional.ofNullable(maxLength),
              Optional.ofNullable(stride),
              positive("--threads", threads));
      return LocalEvaluation.of(asked, narration);
    }
  }
}
