package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** One partition of the runs: what it read, stored and sent becomes real together or not at all. */
final class RunsTask {
  private final Machines machines;
  private final Promises promises;
  private final Map<String, Journal<ForRun>> journals = new TreeMap<>();
  private final List<Decision> sent = new ArrayList<>();
  private Map<String, Run> committed = Map.of();
  private Map<String, Run> runs = new TreeMap<>();
  private Instant listeningSince;

  RunsTask(Machines machines, Promises promises, Instant now) {
    this.machines = machines;
    this.promises = promises;
    this.listeningSince = now;
  }

  /** Messages of one run by different topics may overtake each other. */
  void add(String topic, ForRun message) {
    journals.computeIfAbsent(topic + "/" + message.runId(), name -> new Journal<>()).add(message);
  }

  boolean deliver(Random random, Instant now) {
    List<Journal<ForRun>> ready = new ArrayList<>();
    for (Journal<ForRun> journal : journals.values()) {
      if (journal.hasNext()) {
        ready.add(journal);
      }
    }
    if (ready.isEmpty()) {
      return false;
    }
    ForRun message = ready.get(random.nextInt(ready.size())).next();
    advance(message.runId(), message.event(), now);
    return true;
  }

  void timePasses(Instant now) {
    for (Run run : List.copyOf(runs.values())) {
      Optional<Instant> due = machines.wakeAt(run, listeningSince);
      boolean changed = advance(run.id().value(), new TimePassed(listeningSince), now);
      promises.require(
          !changed || due.map(at -> !now.isBefore(at)).orElse(false),
          run.id() + " changed by time alone before it was due");
    }
  }

  /** What was sent since the last commit, now for everybody to see. */
  List<Decision> commit() {
    journals.values().forEach(Journal::commit);
    committed = Map.copyOf(runs);
    List<Decision> visible = List.copyOf(sent);
    sent.clear();
    return visible;
  }

  /** Forgets what was not committed; what was read comes again. Returns what was sent in vain. */
  List<Decision> crash(Instant now) {
    journals.values().forEach(Journal::rollBack);
    runs = new TreeMap<>(committed);
    List<Decision> lost = List.copyOf(sent);
    sent.clear();
    listeningSince = now;
    return lost;
  }

  Map<String, Run> runs() {
    return committed;
  }

  private boolean advance(String id, RunEvent event, Instant now) {
    Optional<Run> before = Optional.ofNullable(runs.get(id));
    Optional<Decision> decision =
        before
            .map(run -> machines.advance(run, event, now))
            .or(() -> machines.begin(event, now))
            .filter(Decision::changed);
    decision.ifPresent(
        decided -> {
          runs.put(id, decided.run());
          sent.add(decided);
          promises.require(
              !before.map(Run::ended).orElse(false), id + " changed after it had ended");
          promises.require(
              decided.run().ended() || machines.wakeAt(decided.run(), listeningSince).isPresent(),
              id + " could sleep for ever");
        });
    return decision.isPresent();
  }
}
