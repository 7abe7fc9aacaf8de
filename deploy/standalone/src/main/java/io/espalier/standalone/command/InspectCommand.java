package io.espalier.standalone.command;

import io.espalier.standalone.model.Inspecting;
import io.espalier.standalone.report.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says what a model is made of. */
@Command(
    name = "inspect",
    description =
        "Say what a model is made of: family, tensors, costs, and which layers and axes can be cut,"
            + " or why not.")
final class InspectCommand extends Task {
  @Parameters(paramLabel = ModelOption.LABEL, description = ModelOption.WHAT)
  private String model = "";

  @Mixin private SpaceOptions space = new SpaceOptions();

  @Override
  Result run() {
    return Inspecting.of(ModelOption.directory(model), space.channelDivisor(this), space.layers());
  }
}
