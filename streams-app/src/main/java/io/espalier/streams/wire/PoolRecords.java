package io.espalier.streams.wire;

import io.espalier.event.state.JobRecord;
import io.espalier.event.state.PlacedJob;
import io.espalier.event.state.PoolRecord;
import io.espalier.event.state.WorkerRecord;
import io.espalier.event.state.WorkingJob;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.Placed;
import io.espalier.streams.domain.pool.Shares;
import io.espalier.streams.domain.pool.Staff;
import io.espalier.streams.domain.pool.Worker;

/** Pools as the coordinator keeps them. */
final class PoolRecords {
  private PoolRecords() {}

  static PoolRecord toRecord(Staff staff) {
    return new PoolRecord(
        staff.workers().stream()
            .map(worker -> new WorkerRecord(worker.id(), worker.slots(), worker.seenAt()))
            .toList(),
        staff.shares().marks(),
        staff.shares().clock());
  }

  static Staff fromRecord(PoolRecord pool) {
    return new Staff(
        pool.getWorkers().stream()
            .map(worker -> new Worker(worker.getWorkerId(), worker.getSlots(), worker.getSeenAt()))
            .toList(),
        new Shares(pool.getMarks(), pool.getClock()));
  }

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
    return new Placed.AtWork(
        new InFlight(
            Commands.id(job.getRunId(), job.getStageIndex(), job.getAttempt()), job.getTenant()));
  }

  private static WorkingJob working(InFlight job) {
    JobId id = job.id();
    return new WorkingJob(
        id.runId(), id.attempt().stageIndex(), id.attempt().attempt(), job.tenant());
  }
}
