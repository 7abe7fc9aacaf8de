package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Result;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The table of a model's search space. */
public final class Profiling {
  private Profiling() {}

  /**
   * Profiles a model.
   *
   * @param algorithm as policies name it
   * @param divisor widths are multiples of it
   * @param constraints bounds by name as in policies; may be empty
   * @throws InvalidInputException with every problem of the model or the bounds
   */
  public static Result of(
      Path path, String algorithm, int divisor, Map<String, String> constraints) {
    if (divisor < 1) {
      throw new InvalidInputException(
          "the channel divisor must be at least 1, but is %d".formatted(divisor));
    }
    OpenedModel model = OpenedModel.open(path);
    CostModel costs = model.costs();
    var space = SearchSpace.of(model.architecture(), ChoiceRule.everyTwentieth(divisor));
    Optional<Budget> budget =
        constraints.isEmpty()
            ? Optional.empty()
            : Optional.of(Constraints.parse(constraints).budget(costs.cost(space.max())));
    Profile profile = Profile.of(space, costs, budget);
    ObjectNode json = new ObjectMapper().createObjectNode().put("algorithm", algorithm);
    json.setAll(new ObjectMapper().<ObjectNode>valueToTree(profile.toMap()));
    return Result.of(json, profile.toText());
  }
}
