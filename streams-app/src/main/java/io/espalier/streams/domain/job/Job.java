package io.espalier.streams.domain.job;

import java.time.Instant;

/**
 * One attempt at one stage, waiting for a worker or with one.
 *
 * @param id which attempt of which run
 * @param pool the workers it is for
 * @param tenant who shares in the workers
 * @param priority higher goes first
 * @param queuedAt when it was queued
 * @param command what the worker will be told
 */
public record Job(
    JobId id, String pool, String tenant, int priority, Instant queuedAt, Command command) {}
