/**
 * The whole coordinator without Kafka: its machines, topics that keep the order of a key and
 * nothing else, transactions that commit or are lost, workers of every bad habit. An order of
 * events is drawn from a seed, and what comes out is held against what was promised.
 */
@NullMarked
package io.espalier.streams.domain.simulation;

import org.jspecify.annotations.NullMarked;
