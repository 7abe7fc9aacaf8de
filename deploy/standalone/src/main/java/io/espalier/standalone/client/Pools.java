package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.RunningStage;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.NewestSearch;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** The pools of a system: who serves them, and what waits for them. */
public final class Pools {
  private Pools() {}

  /**
   * All pools that have a topic of commands, a worker or a run that waits, in the order of their
   * names.
   *
   * @param width how many letters a line may have; any number if absent
   */
  public static Result list(Address address, OptionalInt width) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Instant now = Instant.now();
      Map<String, Line> waiting = new HashMap<>();
      NewestSearch<Run> queued =
          (id, run) -> {
            if (run.getState() == RunState.QUEUED) {
              waiting.merge(run.getPool(), Line.of(run), Line::and);
            }
          };
      cluster.search(cluster.topics().runs(), Portion.all(), queued);
      var known = new Known(Set.copyOf(cluster.pools()), Workers.recent(cluster, now), waiting);
      return result(known, now, width);
    }
  }

  /**
   * Runs waiting for a pool's workers.
   *
   * @param runs how many runs
   * @param since since when the first of them has been waiting
   */
  record Line(int runs, Instant since) {
    static Line of(Run run) {
      return new Line(1, Objects.requireNonNullElse(run.getWaitingSince(), run.getUpdatedAt()));
    }

    private Line and(Line other) {
      return new Line(runs + other.runs, since.isBefore(other.since) ? since : other.since);
    }
  }

  /**
   * Known facts of the pools.
   *
   * @param topics those that have a topic of commands
   * @param workers the newest sign of life of each worker
   * @param waiting what waits, by pool
   */
  record Known(Set<String> topics, Collection<WorkerHeartbeat> workers, Map<String, Line> waiting) {
    private Set<String> pools() {
      Set<String> pools = new TreeSet<>(topics);
      workers.forEach(worker -> pools.add(worker.getPool()));
      pools.addAll(waiting.keySet());
      return pools;
    }

    private Pool pool(String name, Instant now) {
      List<WorkerHeartbeat> serving =
          workers.stream()
              .filter(worker -> worker.getPool().equals(name) && Workers.serves(worker, now))
              .toList();
      return new Pool(name, topics.contains(name), serving, Optional.ofNullable(waiting.get(name)));
    }
  }

  /** Returns pools as text and JSON. */
  static Result result(Known known, Instant now, OptionalInt width) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("pools");
    var table =
        new TextTable("pool", "workers", "slots", "busy", "waiting", "longest wait", "note");
    for (String name : known.pools()) {
      Pool pool = known.pool(name, now);
      nodes.add(pool.json(now));
      pool.row(table, now);
    }
    return Result.of(json, (width.isPresent() ? table.within(width.getAsInt()) : table).toString())
        .withNames(List.copyOf(known.pools()));
  }

  /**
   * A pool.
   *
   * @param hasTopic whether commands can be sent to it
   * @param serving the workers that take its work
   * @param waiting what waits for one of them, if anything does
   */
  private record Pool(
      String name, boolean hasTopic, List<WorkerHeartbeat> serving, Optional<Line> waiting) {
    private int slots() {
      return serving.stream().mapToInt(WorkerHeartbeat::getSlots).sum();
    }

    private long busy() {
      return serving.stream()
          .flatMap(worker -> worker.getRunning().stream())
          .filter(RunningStage::getWorking)
          .count();
    }

    private Optional<Duration> longestWait(Instant now) {
      return waiting.map(line -> Duration.between(line.since(), now));
    }

    private int inLine() {
      return waiting.map(Line::runs).orElse(0);
    }

    private String note() {
      if (!serving.isEmpty()) {
        return "";
      }
      String remedy = hasTopic ? "" : "`espalier setup --pool %s` and ".formatted(name);
      return "no worker serves pool '%s'; %s`espalier worker --pool %s` would"
          .formatted(name, remedy, name);
    }

    private ObjectNode json(Instant now) {
      ObjectNode json =
          JsonNodeFactory.instance
              .objectNode()
              .put("pool", name)
              .put("workers", serving.size())
              .put("slots", slots())
              .put("busy", busy())
              .put("waiting", inLine());
      longestWait(now).ifPresent(wait -> json.put("waitingSeconds", wait.toSeconds()));
      return note().isEmpty() ? json : json.put("note", note());
    }

    private void row(TextTable table, Instant now) {
      table.row(
          name,
          Integer.toString(serving.size()),
          Integer.toString(slots()),
          Long.toString(busy()),
          Integer.toString(inLine()),
          longestWait(now).map(Figures::brief).orElse(""),
          note());
    }
  }
}
