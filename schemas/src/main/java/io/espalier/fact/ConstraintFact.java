package io.espalier.fact;

import java.util.OptionalLong;

/**
 * A bound that was asked for and what came of it.
 *
 * @param quantity what is bounded, such as {@code flops}
 * @param asked the bound as the policy wrote it, such as {@code 60%}
 * @param limit the most that was allowed, in the quantity's unit; empty for times, which are not
 *     the same each time
 * @param reached what the result has, in the same unit; empty for times
 */
public record ConstraintFact(
    String quantity, String asked, OptionalLong limit, OptionalLong reached) {}
