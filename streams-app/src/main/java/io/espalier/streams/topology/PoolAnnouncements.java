package io.espalier.streams.topology;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.wire.Released;
import java.time.Instant;
import java.util.List;

/** What goes out when a pool has had a turn. */
final class PoolAnnouncements {
  private PoolAnnouncements() {}

  static List<Announcement<Released>> commands(Turn turn) {
    return turn.released().stream().map(job -> command(job, turn.at())).toList();
  }

  static List<Announcement<ForRun>> releases(Turn turn) {
    return turn.released().stream()
        .map(Job::id)
        .map(
            job ->
                Announcement.internal(
                    job.runId(), new ForRun(job.runId(), new RunEvent.Released(job.attempt()))))
        .toList();
  }

  private static Announcement<Released> command(Job job, Instant at) {
    CloudEvent event =
        new CloudEvent(
            job.id() + "/command",
            RunAnnouncements.SOURCE,
            CloudEvent.STAGE_REQUESTED,
            job.id().runId(),
            at);
    return Announcement.event(
        job.id().runId(), new Released(job, at), event, job.command().trace());
  }
}
