package io.espalier.streams.wire;

import io.espalier.event.CancelRun;
import io.espalier.event.RetryRun;
import io.espalier.event.RunRequest;
import io.espalier.event.StageEvent;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.event.state.JobRecord;
import io.espalier.event.state.JobReference;
import io.espalier.event.state.PoolMessage;
import io.espalier.schemas.Name;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolWorker;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Messages on their way to runs and pools. */
final class MessageMapping {
  private MessageMapping() {}

  static ForRun report(StageEvent event) {
    requireRunId("stage event", event.getRunId());
    return new ForRun(event.getRunId(), ReportMapping.fromAvro(event));
  }

  static ForRun request(RunRequest request) {
    requireRunId("request for a run", request.getRunId());
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

  /** What is no name is the id of no run, and is not to get into messages, headers and stores. */
  private static void requireRunId(String where, String runId) {
    Name.problem("runId", runId)
        .ifPresent(
            problem -> {
              throw new RefusedException(where, List.of(problem));
            });
  }

  static RunRequest toRequest(ForRun message) {
    return message
        .event()
        .match(
            planned -> unsentRequest(message),
            reported -> unsentRequest(message),
            cancel -> request(message, cancel.by(), new CancelRun(cancel.reason())),
            retry -> request(message, retry.by(), new RetryRun(retry.reason())),
            passed -> unsentRequest(message));
  }

  private static RunRequest request(ForRun message, String by, Object asked) {
    return new RunRequest(message.runId(), by, Instant.EPOCH, asked);
  }

  private static RunRequest unsentRequest(ForRun message) {
    throw new IllegalArgumentException("only requests are sent on, found " + message);
  }

  static ForPool heartbeat(WorkerHeartbeat heartbeat) {
    List<String> problems = new ArrayList<>();
    if (heartbeat.getSlots() < 0 || heartbeat.getSpare() < 0) {
      problems.add(
          "slots and spare must be at least 0, found %d and %d"
              .formatted(heartbeat.getSlots(), heartbeat.getSpare()));
    }
    Name.problem("workerId", heartbeat.getWorkerId()).ifPresent(problems::add);
    Name.problem("pool", heartbeat.getPool()).ifPresent(problems::add);
    if (!problems.isEmpty()) {
      throw new RefusedException(
          "heartbeat of worker '%s'".formatted(heartbeat.getWorkerId()), problems);
    }
    Map<JobId, Boolean> holds = new HashMap<>();
    heartbeat
        .getRunning()
        .forEach(
            stage ->
                holds.put(
                    CommandMapping.id(stage.getRunId(), stage.getStageIndex(), stage.getAttempt()),
                    stage.getWorking()));
    return new ForPool(
        heartbeat.getPool(),
        new PoolEvent.WorkerAlive(
            new PoolWorker(
                heartbeat.getWorkerId(),
                new PoolWorker.Capacity(heartbeat.getSlots(), heartbeat.getSpare()),
                holds,
                heartbeat.getAt())));
  }

  static PoolMessage toAvro(ForPool message) {
    Object avro =
        message
            .event()
            .<Object>match(
                queued -> CommandMapping.toRecord(queued.job()),
                ended -> reference(ended.job()),
                alive -> unsent(message));
    return new PoolMessage(message.pool(), avro);
  }

  static ForPool fromAvro(PoolMessage message) {
    if (message.getMessage() instanceof JobRecord job) {
      return new ForPool(
          message.getPool(), new PoolEvent.JobQueued(CommandMapping.fromRecord(job)));
    }
    JobReference job = (JobReference) message.getMessage();
    return new ForPool(
        message.getPool(),
        new PoolEvent.JobEnded(
            CommandMapping.id(job.getRunId(), job.getStageIndex(), job.getAttempt())));
  }

  private static JobReference reference(JobId job) {
    return new JobReference(job.runId(), job.attempt().stageIndex(), job.attempt().attempt());
  }

  private static Object unsent(Object message) {
    throw new IllegalArgumentException(
        "only the coordinator's own messages are sent by its internal topics, found " + message);
  }
}
