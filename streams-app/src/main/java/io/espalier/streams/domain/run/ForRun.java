package io.espalier.streams.domain.run;

/**
 * An event and the run that it is for.
 *
 * @param runId the run
 * @param event what happened
 */
public record ForRun(String runId, RunEvent event) {}
