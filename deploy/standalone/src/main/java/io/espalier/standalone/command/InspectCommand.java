package io.espalier.standalone.command;

import io.espalier.standalone.model.Inspecting;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says what a model is made of. */
@Command(
    name = "inspect",
    description =
        "Say what a model is made of: family, tensors, costs, and which layers and axes can be cut, or why not.")
final class InspectCommand extends Task {
  @Parameters(paramLabel = "DIR", description = "Model directory: config.json and safetensors.")
  private Path directory = Path.of("");

  @Mixin private SpaceOptions space = new SpaceOptions();

  @Override
  Result run() {
    return Inspecting.of(directory, space.channelDivisor(this), space.layers());
  }
}
