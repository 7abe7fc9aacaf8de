/**
 * The search for a smaller model: what a choice of widths costs, which choices there are, and which
 * one to take. Scores in, choice out; pure: no tensors, no files, no clock. Start reading at {@link
 * io.espalier.worker.algorithm.search.Solver}.
 */
@NullMarked
package io.espalier.worker.algorithm.search;

import org.jspecify.annotations.NullMarked;
