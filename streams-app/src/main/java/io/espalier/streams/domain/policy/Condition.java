package io.espalier.streams.domain.policy;

/**
 * A condition of a policy, and how a model fares at it.
 *
 * @param field the condition as policies write it, such as {@code names} or {@code labels.tier}
 * @param wanted what the policy asks for
 * @param found what the model has
 * @param holds whether the model meets it
 */
public record Condition(String field, String wanted, String found, boolean holds) {
  /** Word for a value that a model lacks. */
  static final String NONE = "none";

  /** As a sentence, such as {@code names: wanted acme-*, found my-model}. */
  @Override
  public String toString() {
    return "%s: wanted %s, found %s".formatted(field, wanted, found);
  }
}
