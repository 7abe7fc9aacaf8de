package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.standalone.model.BudgetSweep;
import io.espalier.standalone.model.CommandOrigin;
import io.espalier.standalone.model.LocalPolicy;
import io.espalier.standalone.model.LocalResources;
import io.espalier.standalone.model.OpenedModel;
import io.espalier.standalone.model.Optimization;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.prune.ScoreShelf;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a policy's stages on a local directory. */
@Command(
    name = "optimize",
    description =
        "Run a policy's stages on a model directory on this machine; needs no Kafka. Without a"
            + " policy file, --algorithm and --constraint say what is wanted.")
final class OptimizeCommand extends Task {
  @Option(
      names = "--model",
      required = true,
      paramLabel = ModelOption.LABEL,
      description = ModelOption.WHAT)
  private String model = "";

  /** A policy file, or what is said in its place. */
  static final class Asked {
    @Option(names = "--policy", paramLabel = "FILE", description = "Policy file with one policy.")
    private @Nullable Path policy;

    @ArgGroup(exclusive = false)
    private @Nullable BoundOptions bounds;
  }

  @ArgGroup(multiplicity = "1")
  private Asked asked = new Asked();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where the result goes; must be new or empty. If a gate refuses it, only its report is"
              + " kept, in DIR-rejected.")
  private @Nullable Path out;

  @Option(
      names = "--data",
      paramLabel = "ROLE=URI",
      description =
          "Data for calibration, train or eval, or a teacher; wins over what the policy names.")
  private Map<String, String> data = new LinkedHashMap<>();

  @Option(
      names = "--print-policy",
      description = "Print the policy that the options amount to, and do nothing else.")
  private boolean printPolicy;

  @Option(
      names = "--scores",
      paramLabel = "DIR",
      description =
          "Where scores of models are kept, so that another budget needs no measuring. Default:"
              + " espalier/scores in XDG_CACHE_HOME or ~/.cache.")
  private @Nullable Path scores;

  @Mixin private StageOptions stage = new StageOptions();

  @Override
  Result run() {
    BoundOptions bounds = asked.bounds;
    if (printPolicy) {
      return printed(bounds);
    }
    if (out == null) {
      throw wrong("Missing required option: '--out=DIR'");
    }
    try (var narration = Narration.toStandardError()) {
      narration.say("reading " + model);
      if (bounds == null) {
        LocalPolicy policy = LocalPolicy.of(Optional.ofNullable(asked.policy).orElse(Path.of("")));
        return single(policy, out, narration);
      }
      List<BudgetSweep.Budget> budgets = budgets(bounds);
      return budgets.size() == 1
          ? single(budgets.get(0).policy(), out, narration)
          : several(budgets, out, narration);
    }
  }

  private List<BudgetSweep.Budget> budgets(BoundOptions bounds) {
    Map<String, List<String>> values = bounds.bounds(this);
    String family = OpenedModel.open(ModelOption.directory(model)).family().name();
    return BudgetSweep.budgets(bounds.policy(data), values, family);
  }

  private Result printed(@Nullable BoundOptions bounds) {
    if (bounds == null) {
      throw wrong("--print-policy: there is a policy file already; give --algorithm instead");
    }
    List<String> texts =
        budgets(bounds).stream().map(budget -> budget.policy().text().orElseThrow()).toList();
    var json = JsonNodeFactory.instance.objectNode();
    texts.forEach(json.putArray("policies")::add);
    return Result.of(json, String.join("---\n", texts));
  }

  private Result single(LocalPolicy policy, Path place, Narration narration) {
    Optimization.Outcome outcome = Optimization.run(request(policy, place, narration), narration);
    return outcome.accepted() ? outcome.result() : outcome.result().withExitCode(Failures.GATE);
  }

  private Result several(List<BudgetSweep.Budget> budgets, Path place, Narration narration) {
    var request = request(budgets.get(0).policy(), place, narration);
    BudgetSweep.Outcome outcome = BudgetSweep.run(request, budgets, narration);
    if (!outcome.feasible()) {
      return outcome.result().withExitCode(Failures.INFEASIBLE);
    }
    return outcome.accepted() ? outcome.result() : outcome.result().withExitCode(Failures.GATE);
  }

  private Optimization.Request request(LocalPolicy policy, Path place, Narration narration) {
    var resources = new LocalResources(stage.heap(this, 1), stage.threads(this), scores(narration));
    var origin = new CommandOrigin(commandLine(), Clock.systemUTC(), Espalier.Version.packaged());
    return new Optimization.Request(
        ModelOption.directory(model), policy, data, place, resources, origin);
  }

  /** The usual folder is a convenience, and done without if need be; one that was named is not. */
  private Optional<Path> scores(Narration narration) {
    if (scores != null) {
      new ScoreShelf(scores).requireWritable();
      return Optional.of(scores);
    }
    try {
      Path usual = UserDirectories.current().cache("--scores").resolve("scores");
      new ScoreShelf(usual).requireWritable();
      return Optional.of(usual);
    } catch (InvalidInputException e) {
      narration.say("warning: no scores are kept: " + e.getMessage());
      return Optional.empty();
    }
  }
}
