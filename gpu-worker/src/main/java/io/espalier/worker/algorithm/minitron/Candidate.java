package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.search.Cost;

/**
 * A smaller model that may come out.
 *
 * @param sizes how large it is
 * @param cost what it costs; bytes are no fewer than those of its files
 */
public record Candidate(Sizes sizes, Cost cost) {}
