package io.espalier.gate;

import java.util.OptionalDouble;

/**
 * Outcome of a result at one gate.
 *
 * @param gate the gate
 * @param measured what was compared with the bound; absent if it was not measured, which fails
 * @param passed whether it held
 */
public record GateResult(Gate gate, OptionalDouble measured, boolean passed) {}
