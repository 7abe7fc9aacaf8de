/**
 * Decisions of the coordinator. Pure: no Kafka, no Avro, no clock, no I/O; times and settings are
 * arguments.
 */
@NullMarked
package io.espalier.streams.domain;

import org.jspecify.annotations.NullMarked;
