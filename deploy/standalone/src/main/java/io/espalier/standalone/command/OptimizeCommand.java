package io.espalier.standalone.command;

import io.espalier.standalone.model.Optimization;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a policy's stages on a local directory. */
@Command(
    name = "optimize",
    description = "Run a policy's stages on a model directory on this machine; needs no Kafka.")
final class OptimizeCommand extends Task {
  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--policy",
      required = true,
      paramLabel = "FILE",
      description = "Policy file with one policy.")
  private Path policy = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the result goes; must be new or empty.")
  private Path out = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "ROLE=URI",
      description = "Data for calibration, train or eval where the policy names none.")
  private Map<String, String> data = new LinkedHashMap<>();

  @Option(
      names = "--scores",
      paramLabel = "DIR",
      defaultValue = "${sys:user.home}/.cache/espalier/scores",
      description =
          "Where scores of models are kept, so that another budget needs no measuring. Default: ${DEFAULT-VALUE}.")
  private Path scores = Path.of("");

  @Mixin private StageOptions stage = new StageOptions();

  @Override
  Result run() {
    try (var narration = Narration.toStandardError()) {
      var request =
          new Optimization.Request(
              model, policy, data, out, stage.heap(this), stage.threads(this), scores);
      Optimization.Outcome outcome = Optimization.run(request, narration);
      return outcome.accepted() ? outcome.result() : outcome.result().withExitCode(Failures.GATE);
    }
  }
}
