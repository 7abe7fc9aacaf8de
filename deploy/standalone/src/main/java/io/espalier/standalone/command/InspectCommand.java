package io.espalier.standalone.command;

import io.espalier.standalone.model.Inspection;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what a model is made of. */
@Command(
    name = "inspect",
    description =
        "Say what a model is made of: family, tensors, costs, and which axes can be pruned or why not.")
final class InspectCommand extends Task {
  @Parameters(paramLabel = "DIR", description = "Model directory: config.json and safetensors.")
  private Path directory = Path.of("");

  @Override
  Result run() {
    return Inspection.of(directory);
  }
}
