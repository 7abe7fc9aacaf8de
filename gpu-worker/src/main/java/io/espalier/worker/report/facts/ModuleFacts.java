package io.espalier.worker.report.facts;

import java.util.OptionalDouble;

/**
 * A linear layer of a model that was quantized.
 *
 * @param module its name
 * @param shape outputs and inputs, in words; empty if it stays as it was
 * @param format how its weights are stored
 * @param bits that a weight takes, scales included; empty if it stays
 * @param error root of the mean square of its weights' error, as a fraction of that of the weights;
 *     empty if it stays
 * @param reason why it stays; empty if it does not
 */
public record ModuleFacts(
    String module,
    String shape,
    String format,
    OptionalDouble bits,
    OptionalDouble error,
    String reason) {}
