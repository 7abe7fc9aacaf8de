package io.espalier.streams.wire;

import io.espalier.event.CancelRun;
import io.espalier.event.RetryRun;
import io.espalier.event.RunRequest;
import io.espalier.event.StageEvent;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.event.state.JobRecord;
import io.espalier.event.state.JobReference;
import io.espalier.event.state.PlanMessage;
import io.espalier.event.state.PoolMessage;
import io.espalier.event.state.ReleaseMessage;
import io.espalier.event.state.RunMessage;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.stage.StageAttempt;
import java.util.List;

/** What is on its way to runs and pools. */
final class Messages {
  private Messages() {}

  static ForRun report(StageEvent event) {
    return new ForRun(event.getRunId(), Stages.fromAvro(event));
  }

  static ForRun request(RunRequest request) {
    Object asked = request.getRequest();
    if (asked instanceof CancelRun cancel) {
      return new ForRun(
          request.getRunId(),
          new RunEvent.CancelRequested(request.getRequestedBy(), cancel.getReason()));
    } else if (asked instanceof RetryRun retry) {
      return new ForRun(
          request.getRunId(),
          new RunEvent.RetryRequested(request.getRequestedBy(), retry.getReason()));
    }
    throw new RefusedException(
        "request for run '%s'".formatted(request.getRunId()),
        List.of("it is of an unknown kind, %s".formatted(asked)));
  }

  static ForPool heartbeat(WorkerHeartbeat heartbeat) {
    if (heartbeat.getSlots() < 0) {
      throw new RefusedException(
          "heartbeat of worker '%s'".formatted(heartbeat.getWorkerId()),
          List.of("slots must be at least 0, found " + heartbeat.getSlots()));
    }
    return new ForPool(
        heartbeat.getPool(),
        new PoolEvent.WorkerAlive(heartbeat.getWorkerId(), heartbeat.getSlots()));
  }

  static RunMessage toAvro(ForRun message) {
    Object avro =
        message
            .event()
            .<Object>match(
                planned -> RunRecords.toMessage(planned.plan()),
                released ->
                    new ReleaseMessage(
                        released.attempt().stageIndex(), released.attempt().attempt()),
                reported -> unsent(message),
                cancel -> unsent(message),
                retry -> unsent(message),
                passed -> unsent(message));
    return new RunMessage(message.runId(), avro);
  }

  static ForRun fromAvro(RunMessage message) {
    if (message.getMessage() instanceof PlanMessage plan) {
      return new ForRun(message.getRunId(), new RunEvent.Planned(RunRecords.fromMessage(plan)));
    }
    ReleaseMessage release = (ReleaseMessage) message.getMessage();
    return new ForRun(
        message.getRunId(),
        new RunEvent.Released(new StageAttempt(release.getStageIndex(), release.getAttempt())));
  }

  static PoolMessage toAvro(ForPool message) {
    Object avro =
        message
            .event()
            .<Object>match(
                queued -> Commands.toRecord(queued.job()),
                ended -> reference(ended.job()),
                alive -> unsent(message));
    return new PoolMessage(message.pool(), avro);
  }

  static ForPool fromAvro(PoolMessage message) {
    if (message.getMessage() instanceof JobRecord job) {
      return new ForPool(message.getPool(), new PoolEvent.JobQueued(Commands.fromRecord(job)));
    }
    JobReference job = (JobReference) message.getMessage();
    return new ForPool(
        message.getPool(),
        new PoolEvent.JobEnded(Commands.id(job.getRunId(), job.getStageIndex(), job.getAttempt())));
  }

  private static JobReference reference(JobId job) {
    return new JobReference(job.runId(), job.attempt().stageIndex(), job.attempt().attempt());
  }

  private static Object unsent(Object message) {
    throw new IllegalArgumentException(
        "only the coordinator's own messages are sent by its internal topics, found " + message);
  }
}
