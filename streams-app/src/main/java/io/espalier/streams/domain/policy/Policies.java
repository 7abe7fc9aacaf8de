package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.model.Model;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The policies in force. */
public final class Policies {
  /** No policy. */
  public static final Policies NONE = new Policies(List.of());

  private final List<Policy> byName;

  /** These policies. */
  public Policies(Collection<Policy> policies) {
    byName = policies.stream().sorted(Comparator.comparing(Policy::name)).toList();
  }

  /** The policies that are for a model, in name order: each one means a run. */
  public List<Policy> matching(Model model) {
    return byName.stream().filter(policy -> policy.accepts(model)).toList();
  }
}
