package io.espalier.streams.topology;

import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.metrics.stats.Value;
import org.apache.kafka.streams.StreamsMetrics;
import org.apache.kafka.streams.processor.TaskId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the runs of a task that nothing is heard of: those that have waited for a worker for long,
 * and those whose worker has been silent for long. Nothing is done about them, since their commands
 * lie in a queue that redelivers by itself; but whoever runs the installation should know.
 *
 * <p>The counts are metrics of the process: {@code waiting-runs} and {@code silent-runs} of group
 * {@code espalier-runs}, by task. A change of either is logged.
 */
final class UnheardRuns implements AutoCloseable {
  /** Wait of a run before it is counted. */
  static final Duration WAITING = Duration.ofMinutes(10);

  /** How long a worker, which reports every 15 seconds, is silent before its run is counted. */
  static final Duration SILENT = Duration.ofMinutes(2);

  private static final Logger LOGGER = LoggerFactory.getLogger(UnheardRuns.class);
  private static final String GROUP = "espalier-runs";

  private final Map<String, Instant> waiting = new HashMap<>();
  private final Map<String, Instant> heard = new HashMap<>();
  private final StreamsMetrics metrics;
  private final TaskId task;
  private final Sensor waitingRuns;
  private final Sensor silentRuns;
  private Counts last = Counts.NONE;

  /**
   * Runs by number.
   *
   * @param waiting those that have waited for a worker for long
   * @param silent those whose worker has been silent for long
   */
  record Counts(long waiting, long silent) {
    static final Counts NONE = new Counts(0, 0);
  }

  UnheardRuns(StreamsMetrics metrics, TaskId task) {
    this.metrics = metrics;
    this.task = task;
    waitingRuns =
        gauge("waiting-runs", "runs that have waited for a worker for more than %s", WAITING);
    silentRuns =
        gauge("silent-runs", "runs whose worker has not been heard of for more than %s", SILENT);
  }

  private Sensor gauge(String name, String meaning, Duration time) {
    Sensor sensor = metrics.addSensor(name + "-" + task, Sensor.RecordingLevel.INFO);
    var metric =
        new MetricName(name, GROUP, meaning.formatted(time), Map.of("task-id", task.toString()));
    sensor.add(metric, new Value());
    sensor.record(0);
    return sensor;
  }

  /** Takes note of where a run stands. */
  void note(Run run) {
    String id = run.id().value();
    waiting.remove(id);
    heard.remove(id);
    if (run.state() instanceof Queued queued) {
      waiting.put(id, queued.since());
    } else if (run.state() instanceof Running running) {
      heard.put(id, running.heardAt());
    }
  }

  /**
   * Counts.
   *
   * @param now what the clock says
   * @param heardUntil time until which reports have been processed; what waits to be read is no
   *     silence
   */
  Counts count(Instant now, Instant heardUntil) {
    Instant until = heardUntil.isBefore(now) ? heardUntil : now;
    var counts =
        new Counts(before(waiting, now.minus(WAITING)), before(heard, until.minus(SILENT)));
    waitingRuns.record((double) counts.waiting());
    silentRuns.record((double) counts.silent());
    if (!counts.equals(last)) {
      LOGGER.warn(
          "runs that nothing is heard of; task={} waitingOver{}={} silentOver{}={} longest={}",
          task,
          WAITING,
          counts.waiting(),
          SILENT,
          counts.silent(),
          longest());
      last = counts;
    }
    return counts;
  }

  private static long before(Map<String, Instant> times, Instant limit) {
    return times.values().stream().filter(limit::isAfter).count();
  }

  /** Names the run that has waited or been silent for longest. */
  private String longest() {
    return Stream.of(waiting, heard)
        .flatMap(times -> times.entrySet().stream())
        .min(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse("none");
  }

  @Override
  public void close() {
    metrics.removeSensor(waitingRuns);
    metrics.removeSensor(silentRuns);
  }
}
