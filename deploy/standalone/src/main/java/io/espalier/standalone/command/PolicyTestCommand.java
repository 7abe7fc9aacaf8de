package io.espalier.standalone.command;

import io.espalier.schemas.policy.Policy;
import io.espalier.standalone.client.PolicyTrial;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tries policies on a model. */
@Command(
    name = "test",
    description =
        "Say which conditions of policies a model meets, and whether their work on it would begin."
            + " With -f and a directory no system is asked. Exit code 0: a policy matches and its"
            + " work would begin, 5: none matches, 4: no model meets the budget, 3: it would be"
            + " refused.")
final class PolicyTestCommand extends Task {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR|NAME@VERSION",
      description = "Model directory, or a version that is registered.")
  private String model = "";

  @Option(
      names = {PolicyFiles.NAMES, "--file"},
      paramLabel = "FILE",
      description =
          "Policy file, - for standard input; repeat for several. Default: the policies in force.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name that a directory would be registered under. Default: that of its folder.")
  private @Nullable String name;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "Task that a directory would be registered for. Default: what the model's files say.")
  private @Nullable String task;

  @Option(
      names = "--data",
      paramLabel = "ROLE=URI",
      description = "Data that a directory would be registered with; repeat for several.")
  private Map<String, String> data = new LinkedHashMap<>();

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "Label that a directory would be registered with; repeat for several.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Override
  Result run() {
    Optional<List<Policy>> policies =
        files.isEmpty() ? Optional.empty() : Optional.of(PolicyFiles.read(files));
    Path directory = Path.of(model);
    if (!Files.isDirectory(directory)) {
      return PolicyTrial.ofRegistered(connection.address(), model, policies);
    }
    Path folder = directory.toAbsolutePath().normalize().getFileName();
    String registered = name == null ? String.valueOf(folder) : name;
    var registration =
        new Registration(registered, "1", directory, Optional.ofNullable(task), data, labels);
    return PolicyTrial.ofDirectory(connection.address(), registration, policies);
  }
}
