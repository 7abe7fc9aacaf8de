package io.espalier.standalone.command;

import io.espalier.standalone.model.CommandOrigin;
import io.espalier.standalone.model.Optimization;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.ScoreShelf;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a policy's stages on a local directory. */
@Command(
    name = "optimize",
    description = "Run a policy's stages on a model directory on this machine; needs no Kafka.")
final class OptimizeCommand extends Task {
  private static final String USUAL_SCORES = ".cache/espalier/scores";

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
      description =
          "Where scores of models are kept, so that another budget needs no measuring. Default:"
              + " ${sys:user.home}/"
              + USUAL_SCORES
              + ".")
  private @Nullable Path scores;

  @Mixin private StageOptions stage = new StageOptions();

  @Override
  Result run() {
    try (var narration = Narration.toStandardError()) {
      var request =
          new Optimization.Request(
              model,
              policy,
              data,
              out,
              stage.heap(this, 1),
              stage.threads(this),
              shelf(narration),
              new CommandOrigin(commandLine(), Clock.systemUTC(), Espalier.Version.packaged()));
      Optimization.Outcome outcome = Optimization.run(request, narration);
      return outcome.accepted() ? outcome.result() : outcome.result().withExitCode(Failures.GATE);
    }
  }

  /** The usual folder is a convenience, and done without if need be; one that was named is not. */
  private Optional<ScoreShelf> shelf(Narration narration) {
    if (scores != null) {
      var named = new ScoreShelf(scores);
      named.requireWritable();
      return Optional.of(named);
    }
    var usual = new ScoreShelf(Path.of(System.getProperty("user.home"), USUAL_SCORES));
    try {
      usual.requireWritable();
      return Optional.of(usual);
    } catch (InvalidInputException e) {
      narration.say("warning: no scores are kept: " + e.getMessage());
      return Optional.empty();
    }
  }
}
