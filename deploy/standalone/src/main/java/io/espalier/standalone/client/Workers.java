package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Device;
import io.espalier.event.RunningStage;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;

/** The workers of a system, by their newest signs of life. */
public final class Workers {
  private static final Duration SILENT = Duration.ofSeconds(30);

  /** Signs of life are kept for months; of who has given none for so long, none is read. */
  private static final Duration RECENT = Duration.ofMinutes(2);

  /** A clock that is ahead by more is told of. */
  private static final Duration AHEAD = Duration.ofSeconds(5);

  private static final double GIBIBYTE = 1L << 30;

  private Workers() {}

  /**
   * The workers that were heard of in the last two minutes, in the order of their ids.
   *
   * @param pool only those that serve this pool
   */
  public static Result list(Address address, Optional<String> pool, OptionalInt width) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Instant now = Instant.now();
      List<WorkerHeartbeat> wanted =
          recent(cluster, now).stream()
              .filter(worker -> pool.map(worker.getPool()::equals).orElse(true))
              .toList();
      return result(wanted, now, width);
    }
  }

  /** The newest sign of life of each worker that was heard of in the last two minutes. */
  static Collection<WorkerHeartbeat> recent(Cluster cluster, Instant now) {
    return newest(cluster.since(cluster.topics().workerHeartbeats(), now.minus(RECENT)));
  }

  /** The pools that a worker serves. */
  static Set<String> served(Cluster cluster, Instant now) {
    return recent(cluster, now).stream()
        .filter(worker -> serves(worker, now))
        .map(WorkerHeartbeat::getPool)
        .collect(Collectors.toSet());
  }

  /** Returns whether a worker was heard of lately and takes work. */
  static boolean serves(WorkerHeartbeat worker, Instant now) {
    return worker.getSlots() > 0
        && worker.getOutOfService() == null
        && secondsSince(worker, now) <= SILENT.toSeconds();
  }

  /**
   * Returns workers as text and JSON.
   *
   * @param heartbeats signs of life, any number per worker
   * @param now what ages are counted to
   * @param width how many letters a line may have; any number if absent
   */
  static Result result(List<WorkerHeartbeat> heartbeats, Instant now, OptionalInt width) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("workers");
    var table =
        new TextTable(
            "worker",
            "pool",
            "slots",
            "spare",
            "working on",
            "free memory",
            "last heard",
            "out of service");
    Collection<WorkerHeartbeat> workers = newest(heartbeats);
    for (WorkerHeartbeat worker : workers) {
      long seconds = secondsSince(worker, now);
      boolean silent = isSilent(worker, now);
      ObjectNode node = Events.json(worker).put("heardSecondsAgo", seconds).put("silent", silent);
      clockAhead(worker, now).ifPresent(ahead -> node.put("clockAheadSeconds", ahead));
      nodes.add(node);
      row(table, worker, heard(worker, now));
    }
    return Result.of(
            json,
            workers.isEmpty()
                ? "no worker was heard of in the last %d s; this machine's clock says %s"
                    .formatted(RECENT.toSeconds(), now.truncatedTo(ChronoUnit.SECONDS))
                : (width.isPresent() ? table.within(width.getAsInt()) : table).toString())
        .withNames(workers.stream().map(WorkerHeartbeat::getWorkerId).toList());
  }

  private static void row(TextTable table, WorkerHeartbeat worker, String heard) {
    table.row(
        worker.getWorkerId(),
        worker.getPool(),
        Integer.toString(worker.getSlots()),
        Integer.toString(worker.getSpare()),
        worker.getRunning().stream()
            .filter(RunningStage::getWorking)
            .map(stage -> Runs.shortId(stage.getRunId()))
            .collect(Collectors.joining(", ")),
        worker.getDevices().stream().map(Workers::free).collect(Collectors.joining(", ")),
        heard,
        Objects.requireNonNullElse(worker.getOutOfService(), ""));
  }

  private static Collection<WorkerHeartbeat> newest(List<WorkerHeartbeat> heartbeats) {
    var later = BinaryOperator.<WorkerHeartbeat>maxBy(Comparator.comparing(WorkerHeartbeat::getAt));
    Map<String, WorkerHeartbeat> newest = new TreeMap<>();
    heartbeats.forEach(heartbeat -> newest.merge(heartbeat.getWorkerId(), heartbeat, later));
    return newest.values();
  }

  private static boolean isSilent(WorkerHeartbeat worker, Instant now) {
    return secondsSince(worker, now) > SILENT.toSeconds();
  }

  /** Returns when a worker was heard of, and what is odd about that. */
  private static String heard(WorkerHeartbeat worker, Instant now) {
    return secondsSince(worker, now)
        + " s ago"
        + (isSilent(worker, now) ? ", silent" : "")
        + clockAhead(worker, now).map(", clock %d s ahead"::formatted).orElse("");
  }

  /**
   * Returns by how many seconds a worker's clock is ahead of ours, if by more than a few; one that
   * is behind cannot be told from a worker that is silent.
   */
  private static Optional<Long> clockAhead(WorkerHeartbeat worker, Instant now) {
    Duration ahead = Duration.between(now, worker.getAt());
    return ahead.compareTo(AHEAD) > 0 ? Optional.of(ahead.toSeconds()) : Optional.empty();
  }

  /** A worker's clock may be ahead of ours. */
  private static long secondsSince(WorkerHeartbeat worker, Instant now) {
    return Math.max(0, Duration.between(worker.getAt(), now).toSeconds());
  }

  private static String free(Device device) {
    Long bytes = device.getFreeBytes();
    return bytes == null
        ? device.getKind() + " unknown"
        : String.format(Locale.ROOT, "%s %.1f GiB", device.getKind(), bytes / GIBIBYTE);
  }
}
