package io.espalier.streams.topology;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.InFlight.Sent;
import io.espalier.streams.wire.ReleasedJob;
import java.util.List;

/** Records sent after a turn of a pool. */
final class PoolAnnouncements {
  private PoolAnnouncements() {}

  static List<OutboundRecord<ReleasedJob>> commands(DispatchDecision turn) {
    return turn.released().stream()
        .flatMap(job -> job.job().map(whole -> command(whole, job.sent())).stream())
        .toList();
  }

  private static OutboundRecord<ReleasedJob> command(Job job, Sent sent) {
    String again = sent.times() > 1 ? "/" + sent.times() : "";
    CloudEvent event =
        new CloudEvent(
            job.id() + "/command" + again,
            RunAnnouncements.SOURCE,
            CloudEvent.STAGE_REQUESTED,
            job.id().runId(),
            sent.at());
    return OutboundRecord.event(
        job.id().runId(), new ReleasedJob(job, sent.at()), event, job.command().trace());
  }
}
