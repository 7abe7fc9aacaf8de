package io.espalier.fact;

import java.util.List;

/**
 * Facts of what a stage changed.
 *
 * @param widths axes and their widths, in the order of the forward pass
 * @param constraints bounds that were asked for
 * @param candidates models that were compared before one was chosen
 */
public record ChangeFacts(
    List<WidthFact> widths, List<ConstraintFact> constraints, List<CandidateFact> candidates) {
  /** Those of a stage that cuts nothing, or that tells them in words only. */
  public static final ChangeFacts NONE = new ChangeFacts(List.of(), List.of(), List.of());

  /** Facts; the lists are copied. */
  public ChangeFacts {
    widths = List.copyOf(widths);
    constraints = List.copyOf(constraints);
    candidates = List.copyOf(candidates);
  }

  /** Tells whether there is nothing in it. */
  public boolean isEmpty() {
    return widths.isEmpty() && constraints.isEmpty() && candidates.isEmpty();
  }
}
