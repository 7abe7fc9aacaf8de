package io.espalier.standalone.client;

import io.espalier.event.PruningPolicy;
import java.util.List;

/** Warnings of policies whose pool no command can be sent to. */
final class PoolWarnings {
  private PoolWarnings() {}

  /**
   * Returns a warning for each policy whose pool is not there.
   *
   * @param pools the pools that have a topic of commands
   */
  static List<String> of(List<PruningPolicy> policies, List<String> pools) {
    return policies.stream()
        .filter(policy -> !pools.contains(policy.getPool()))
        .map(policy -> warning(policy, pools))
        .toList();
  }

  private static String warning(PruningPolicy policy, List<String> pools) {
    return "the pool '%s' of policy '%s' has no topic of commands, so models would wait for ever; %s. `espalier setup --pool %s` makes this one"
        .formatted(
            policy.getPool(),
            policy.getName(),
            pools.isEmpty()
                ? "there are no pools"
                : "there are the pools " + String.join(", ", pools),
            policy.getPool());
  }
}
