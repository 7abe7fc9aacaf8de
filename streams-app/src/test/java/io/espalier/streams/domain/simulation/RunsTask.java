package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** One partition of the runs: what it read, stored and sent becomes real together or not at all. */
final class RunsTask {
  private final Machines machines;
  private final List<Journal<ForRun>> topics =
      List.of(new Journal<>(), new Journal<>(), new Journal<>());
  private final List<RunDecision> sent = new ArrayList<>();
  private Map<String, KeptRun> committed = new HashMap<>();
  private Map<String, KeptRun> runs = new HashMap<>();
  private boolean changed;

  RunsTask(Machines machines) {
    this.machines = machines;
  }

  /** Adds to the registrations (0), the reports (1) or the requests (2). */
  void add(int topic, ForRun message, long now) {
    topics.get(topic).add(message, now);
  }

  boolean deliver(Random random, long now) {
    if (!topics.get(0).hasNext() && !topics.get(1).hasNext() && !topics.get(2).hasNext()) {
      return false;
    }
    int first = random.nextInt(topics.size());
    for (int i = 0; i < topics.size(); i++) {
      Journal<ForRun> topic = topics.get((first + i) % topics.size());
      if (topic.hasNext()) {
        ForRun message = topic.next();
        Optional<KeptRun> kept = Optional.ofNullable(runs.get(message.runId()));
        take(machines.decide(kept, message.event(), at(now)));
        return true;
      }
    }
    return false;
  }

  /** Looks at every run; its clock is wrong by some time, which the times of records are not. */
  void timePasses(long now, long wrong) {
    long heard = now;
    for (Journal<ForRun> topic : topics) {
      heard = Math.min(heard, topic.heardUntil(now));
    }
    TimePassed passed = new TimePassed(at(heard + wrong));
    for (KeptRun kept : runs.values().toArray(new KeptRun[0])) {
      if (kept instanceof KeptRun.Going) {
        take(machines.decide(Optional.of(kept), passed, at(now + wrong)));
      }
    }
  }

  private void take(RunDecision decision) {
    if (decision.change() != RunDecision.Change.NONE) {
      Run run = decision.run().orElseThrow();
      runs.put(run.id().value(), KeptRun.of(run));
      changed = true;
    }
    if (!decision.effects().isEmpty()) {
      sent.add(decision);
    }
  }

  /** Returns what was sent since the last commit, now for everybody to see. */
  List<RunDecision> commit() {
    topics.forEach(Journal::commit);
    if (changed) {
      committed = new HashMap<>(runs);
      changed = false;
    }
    return taken();
  }

  /** Forgets what was not committed; what was read comes again. Returns what was sent in vain. */
  List<RunDecision> crash() {
    topics.forEach(Journal::rollBack);
    runs = new HashMap<>(committed);
    changed = false;
    return taken();
  }

  private List<RunDecision> taken() {
    if (sent.isEmpty()) {
      return List.of();
    }
    List<RunDecision> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  Map<String, KeptRun> runs() {
    return committed;
  }

  static Instant at(long millis) {
    return Samples.START.plusMillis(millis);
  }
}
