package io.espalier.standalone.command;

import io.espalier.standalone.client.ModelRegistering;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Registers a model version. */
@Command(
    name = "register",
    description =
        "Register a model version; every policy that matches it starts a run. Says which do, and"
            + " what the others miss. With --wait the exit code is that of the runs: 0 published, 5"
            + " a gate failed, 4 infeasible, 3 invalid, 7 not at the end in time, 1 failed.")
final class RegisterCommand extends Task {
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
      paramLabel = "TASK",
      description = "Such as image-classification. Default: what the model's files say.")
  private @Nullable String task;

  @Option(
      names = "--data",
      paramLabel = "ROLE=URI",
      description =
          "Data for calibration, train or eval, or a teacher; repeat for several. A policy that"
              + " fixes a role wins.")
  private Map<String, String> data = new LinkedHashMap<>();

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "Label that policies select by; repeat for several.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(names = "--dry-run", description = "Register nothing; say what would come of it.")
  private boolean dryRun;

  @Option(
      names = "--require-match",
      description = "Register nothing and end with code 3 if no policy matches.")
  private boolean requireMatch;

  @Option(names = "--wait", description = "Follow the runs to their ends.")
  private boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "86400",
      description = "How long to wait with --wait. Default: a day.")
  private long timeoutSeconds;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Override
  Result run() {
    var registration =
        new Registration(name, version, artifact, Optional.ofNullable(task), data, labels);
    Optional<Duration> limit =
        wait ? Optional.of(Duration.ofSeconds(timeoutSeconds)) : Optional.empty();
    var request = new ModelRegistering.Request(registration, dryRun, requireMatch, limit);
    if (!dryRun) {
      connection.allow(artifact, data.values());
    }
    try (var narration = Narration.toStandardError()) {
      return ModelRegistering.run(connection.address(), request, narration);
    }
  }
}
