package io.espalier.worker.algorithm.quantize;

/**
 * A linear layer that stays as it is.
 *
 * @param module its name
 * @param reason why, in words
 */
public record KeptLayer(String module, String reason) {}
