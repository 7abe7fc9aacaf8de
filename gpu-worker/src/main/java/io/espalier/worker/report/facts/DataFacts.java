package io.espalier.worker.report.facts;

/**
 * A data set that a stage used.
 *
 * @param use what for, such as {@code search}
 * @param uri where it lies
 * @param digest of what was read of it
 */
public record DataFacts(String use, String uri, String digest) {}
