package io.espalier.streams.domain.run;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;

/**
 * A model and what is to be done with it. The policy is pinned: a later change of it makes another
 * run and does not touch this one.
 *
 * @param runId the run that carries this out
 * @param model the model
 * @param policy the policy as it was when the model was registered
 * @param trace W3C trace context that the run belongs to
 */
public record RunPlan(RunId runId, Model model, Policy policy, String trace) {
  /**
   * Returns whether the same was registered: the same files, data, task and labels. When and by
   * whom does not count.
   */
  boolean registersTheSame(RunPlan other) {
    return model.artifact().isSame(other.model.artifact())
        && model.task().equals(other.model.task())
        && model.datasets().equals(other.model.datasets())
        && model.labels().equals(other.model.labels());
  }
}
