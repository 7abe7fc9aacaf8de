package io.espalier.streams.wire;

import io.espalier.event.state.JobRecord;
import io.espalier.event.state.PlacedJob;
import io.espalier.event.state.WorkingJob;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.InFlight.Sent;
import io.espalier.streams.domain.pool.PooledJob;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** The jobs of pools as the coordinator keeps them. */
final class PoolRecords {
  private PoolRecords() {}

  static PlacedJob toRecord(PooledJob placed) {
    return new PlacedJob(
        placed.<Object>match(
            waiting -> CommandMapping.toRecord(waiting.job()), atWork -> working(atWork.job())));
  }

  static PooledJob fromRecord(PlacedJob placed) {
    if (placed.getPlace() instanceof JobRecord job) {
      return new PooledJob.Waiting(CommandMapping.fromRecord(job));
    }
    WorkingJob job = (WorkingJob) placed.getPlace();
    Instant sentAt = Objects.requireNonNullElse(job.getSentAt(), Instant.EPOCH);
    return new PooledJob.AtWork(
        new InFlight(
            CommandMapping.id(job.getRunId(), job.getStageIndex(), job.getAttempt()),
            job.getTenant(),
            Optional.ofNullable(job.getJob()).map(CommandMapping::fromRecord),
            new Sent(sentAt, job.getSentTimes()),
            Optional.empty()));
  }

  private static WorkingJob working(InFlight job) {
    JobId id = job.id();
    return new WorkingJob(
        id.runId(),
        id.attempt().stageIndex(),
        id.attempt().attempt(),
        job.tenant(),
        job.job().map(CommandMapping::toRecord).orElse(null),
        job.sent().at(),
        job.sent().times());
  }
}
