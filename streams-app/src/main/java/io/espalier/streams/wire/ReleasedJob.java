package io.espalier.streams.wire;

import io.espalier.streams.domain.job.Job;
import java.time.Instant;

/**
 * A job whose command goes to the workers.
 *
 * @param job the job
 * @param at when
 */
public record ReleasedJob(Job job, Instant at) {}
