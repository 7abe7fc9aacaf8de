package io.espalier.streams.domain.run;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;

/**
 * A model and what is to be done with it. The policy is pinned: a later change of it makes another
 * run and does not touch this one.
 *
 * @param model the model
 * @param policy the policy as it was when the model was registered
 * @param trace W3C trace context that the run belongs to
 */
public record Plan(Model model, Policy policy, String trace) {
  /** The run that carries this out. */
  public RunId runId() {
    return RunId.of(model, policy);
  }
}
