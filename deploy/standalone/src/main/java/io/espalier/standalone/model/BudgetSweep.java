package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.report.StoredReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One optimization for each of several budgets of the same model. Scores are measured by the first
 * and reused by the others; a budget that cannot be met, or whose result a gate refuses, does not
 * keep the others from their results. A result that an earlier run of the same policy made of the
 * same model is left as it is, so that a sweep that was interrupted goes on.
 */
public final class BudgetSweep {
  /** The page that compares the results. */
  static final String PAGE = "comparison.html";

  private static final int MOST = 100;

  /**
   * One budget.
   *
   * @param name that its directory has
   * @param policy that asks for it
   */
  public record Budget(String name, LocalPolicy policy) {}

  /**
   * Outcome.
   *
   * @param result what to print
   * @param feasible whether every budget could be met
   * @param accepted whether no gate refused a result
   */
  public record Outcome(Result result, boolean feasible, boolean accepted) {}

  private final ArrayNode told = JsonNodeFactory.instance.arrayNode();
  private final StringBuilder lines = new StringBuilder();
  private final List<Path> reported = new ArrayList<>();
  private boolean feasible = true;
  private boolean accepted = true;

  private BudgetSweep() {}

  /**
   * Every combination of bounds as a budget, named by what differs.
   *
   * @param bounds values by name of constraint; the first of which vary slowest
   * @throws InvalidInputException with the problems of every policy, or if there are too many
   */
  public static List<Budget> budgets(
      PolicyOptions options, Map<String, List<String>> bounds, String family) {
    List<Map<String, String>> combinations = new ArrayList<>(List.of(Map.of()));
    for (Map.Entry<String, List<String>> bound : bounds.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> before : combinations) {
        for (String value : bound.getValue()) {
          Map<String, String> with = new LinkedHashMap<>(before);
          with.put(bound.getKey(), value);
          longer.add(with);
        }
      }
      combinations = longer;
      if (combinations.size() > MOST) {
        throw new InvalidInputException(
            "--constraint: wanted at most %d budgets at once, found more".formatted(MOST));
      }
    }
    return combinations.stream()
        .map(
            combination ->
                new Budget(
                    BudgetNames.of(varied(combination, bounds)),
                    options.within(combination).policy(family)))
        .toList();
  }

  private static Map<String, String> varied(
      Map<String, String> combination, Map<String, List<String>> bounds) {
    Map<String, String> varied = new LinkedHashMap<>(combination);
    varied.keySet().removeIf(name -> bounds.getOrDefault(name, List.of()).size() < 2);
    return varied;
  }

  /**
   * Runs every budget, each into a directory of its own below the output.
   *
   * @param request its policy is not looked at
   */
  public static Outcome run(
      Optimization.Request request, List<Budget> budgets, Narration narration) {
    for (Budget budget : budgets) {
      if (!isMade(request, budget)) {
        OutputDirectory.free(request.out().resolve(budget.name()));
      }
    }
    if (request.resources().scores().isPresent()) {
      return each(request, budgets, narration);
    }
    try {
      Path scores = Files.createTempDirectory("espalier-scores");
      try {
        return each(request.keepingScores(scores), budgets, narration);
      } finally {
        Scratch.delete(scores);
      }
    } catch (IOException failed) {
      throw OutputDirectory.refused(
          Path.of(System.getProperty("java.io.tmpdir"), "espalier-scores"), failed);
    }
  }

  private static Outcome each(
      Optimization.Request request, List<Budget> budgets, Narration narration) {
    var sweep = new BudgetSweep();
    for (int i = 0; i < budgets.size(); i++) {
      Budget budget = budgets.get(i);
      narration.say("budget %d of %d: %s".formatted(i + 1, budgets.size(), budget.name()));
      Path out = request.out().resolve(budget.name());
      if (isMade(request, budget)) {
        sweep.leave(out, budget.name(), narration);
      } else {
        sweep.run(request.withPolicy(budget.policy(), out), budget.name(), narration);
      }
    }
    return sweep.outcome(request.out());
  }

  private static boolean isMade(Optimization.Request request, Budget budget) {
    Path out = request.out().resolve(budget.name());
    return PolicyCopy.isOf(out, budget.policy().text())
        && RejectedReport.isReported(out)
        && StoredReport.read(out)
            .parentDigest()
            .equals(Optional.of(Manifest.of(request.model()).rootDigest()));
  }

  private void leave(Path out, String name, Narration narration) {
    narration.say("result reused: an earlier run made it");
    ObjectNode node = told.addObject().put("budget", name).put("status", "accepted");
    node.put("resultReused", true).putObject("artifact").put("directory", out.toString());
    reported.add(out);
    line(name, "accepted; an earlier run made it");
  }

  private void run(Optimization.Request request, String name, Narration narration) {
    ObjectNode node = told.addObject().put("budget", name);
    try {
      Optimization.Outcome outcome = Optimization.run(request, narration);
      outcome.reported().ifPresent(reported::add);
      accepted &= outcome.accepted();
      node.put("status", outcome.accepted() ? "accepted" : "rejected");
      node.setAll((ObjectNode) outcome.result().json());
      String foretold = text(node);
      line(name, outcome.accepted() ? "accepted" : "rejected by a gate" + foretold);
    } catch (InfeasibleException tooSmall) {
      feasible = false;
      node.put("status", "infeasible").put("problem", tooSmall.getMessage());
      narration.say("infeasible: " + tooSmall.getMessage());
      line(name, "infeasible: " + tooSmall.getMessage());
    }
  }

  private static String text(ObjectNode node) {
    var bounds = new ArrayList<String>();
    node.at("/foretold/constraints")
        .properties()
        .forEach(bound -> bounds.add(bound.getKey() + "=" + bound.getValue().asText()));
    return bounds.isEmpty() ? "" : "; foretold to pass: " + String.join(", ", bounds);
  }

  private void line(String name, String status) {
    lines.append("\n").append(name).append(": ").append(status);
  }

  private Outcome outcome(Path out) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("budgets", told);
    String table = "";
    if (!reported.isEmpty()) {
      Result compared = Comparing.of(reported, Optional.of(out.resolve(PAGE)));
      json.set("comparison", compared.json());
      table = compared.table() + "\n";
    }
    return new Outcome(Result.of(json, table + lines), feasible, accepted);
  }
}
