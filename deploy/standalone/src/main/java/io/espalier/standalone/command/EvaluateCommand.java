package io.espalier.standalone.command;

import io.espalier.standalone.model.LocalEvaluation;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures a model on this machine. */
@Command(
    name = "evaluate",
    description = "Measure a model: accuracy and loss on data, and latency on this device.")
final class EvaluateCommand extends Task {
  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "URI",
      description = "Data set: a path or file: URI, with ?split=test where it has splits.")
  private String data = "";

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of the tensor library. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Override
  Result run() {
    try (var narration = Narration.toStandardError()) {
      return LocalEvaluation.of(model, data, positive("--threads", threads), narration);
    }
  }
}
