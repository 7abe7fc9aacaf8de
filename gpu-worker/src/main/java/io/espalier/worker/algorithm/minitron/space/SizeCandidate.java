package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.search.Cost;

/**
 * A smaller model that may come out.
 *
 * @param sizes how large it is
 * @param cost what it costs at most; more than it does in the end only of bytes, and where it
 *     depends on which layers stay
 */
public record SizeCandidate(DecoderSizes sizes, Cost cost) {}
