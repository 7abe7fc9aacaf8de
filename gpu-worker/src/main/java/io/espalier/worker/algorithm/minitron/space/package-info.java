/**
 * The subnets that a budget allows, and what each of them costs, before any is tried.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.space.CandidateSpace}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.space;

import org.jspecify.annotations.NullMarked;
