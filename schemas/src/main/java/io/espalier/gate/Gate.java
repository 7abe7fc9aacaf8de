package io.espalier.gate;

/**
 * A condition that a result must meet to be published.
 *
 * @param metric name of the metric that it looks at
 * @param rule how it is compared
 * @param bound in the metric's unit, or percent, ratio or bytes as the rule says
 */
public record Gate(String metric, GateRule rule, double bound) {}
