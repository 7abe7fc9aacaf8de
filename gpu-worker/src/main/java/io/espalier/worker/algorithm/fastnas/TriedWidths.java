package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.Selection;

/**
 * A choice of widths that was tried.
 *
 * @param selection the choice
 * @param loss after learning, less being better: the loss on images that were held out, or where
 *     they have no classes the part of them on which it does not agree with the original
 */
public record TriedWidths(Selection selection, double loss) {}
