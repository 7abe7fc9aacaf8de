package io.espalier.standalone.command;

import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Models of a running system. */
@Command(
    name = "models",
    description = "Make models known to a running system.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ModelsCommand.Register.class)
final class ModelsCommand {
  /** Registers a model version. */
  @Command(
      name = "register",
      description = "Register a model version; every policy that matches it starts a run.")
  static final class Register extends Task {
    @Parameters(paramLabel = "NAME", description = "Model name.")
    private String name = "";

    @Parameters(paramLabel = "VERSION", description = "Version, unique within the name.")
    private String version = "";

    @Option(
        names = "--artifact",
        required = true,
        paramLabel = "DIR",
        description = "Model directory, readable by the workers under this path.")
    private Path artifact = Path.of("");

    @Option(
        names = "--task",
        required = true,
        paramLabel = "TASK",
        description = "Such as image-classification.")
    private String task = "";

    @Option(
        names = "--data",
        paramLabel = "ROLE=URI",
        description = "Data for calibration, train or eval; repeat for several.")
    private Map<String, String> data = new LinkedHashMap<>();

    @Option(
        names = "--label",
        paramLabel = "KEY=VALUE",
        description = "Label that policies select by; repeat for several.")
    private Map<String, String> labels = new LinkedHashMap<>();

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      connection.allow(artifact, data.values());
      return Publishing.register(
          connection.address(), new Registration(name, version, artifact, task, data, labels));
    }
  }
}
