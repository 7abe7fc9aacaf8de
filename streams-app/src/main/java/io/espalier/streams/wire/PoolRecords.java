package io.espalier.streams.wire;

import io.espalier.event.state.JobRecord;
import io.espalier.event.state.PlacedJob;
import io.espalier.event.state.WorkingJob;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.InFlight.Sent;
import io.espalier.streams.domain.pool.Placed;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** The jobs of pools as the coordinator keeps them. */
final class PoolRecords {
  private PoolRecords() {}

  static PlacedJob toRecord(Placed placed) {
    return new PlacedJob(
        placed.<Object>match(
            waiting -> Commands.toRecord(waiting.job()), atWork -> working(atWork.job())));
  }

  static Placed fromRecord(PlacedJob placed) {
    if (placed.getPlace() instanceof JobRecord job) {
      return new Placed.Waiting(Commands.fromRecord(job));
    }
    WorkingJob job = (WorkingJob) placed.getPlace();
    Instant sentAt = Objects.requireNonNullElse(job.getSentAt(), Instant.EPOCH);
    return new Placed.AtWork(
        new InFlight(
            Commands.id(job.getRunId(), job.getStageIndex(), job.getAttempt()),
            job.getTenant(),
            Optional.ofNullable(job.getJob()).map(Commands::fromRecord),
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
        job.job().map(Commands::toRecord).orElse(null),
        job.sent().at(),
        job.sent().times());
  }
}
