/**
 * Common parts of prunings, whatever algorithm scores units: in which order units are kept, how
 * long layers take, and how the choice that goes out is found.
 */
@NullMarked
package io.espalier.worker.algorithm.prune;

import org.jspecify.annotations.NullMarked;
