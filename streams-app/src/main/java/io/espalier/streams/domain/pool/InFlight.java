package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.JobId;

/**
 * A job that has been released to the workers and has not ended.
 *
 * @param id the job
 * @param tenant who shares in the workers
 */
public record InFlight(JobId id, String tenant) {}
