package io.espalier.it.chaos;

import io.espalier.event.PrunedModel;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.standalone.client.Runs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Check that every registered model was pruned once and with little work done twice, from the
 * topics alone.
 *
 * @param models names of the models that were registered, each with one stage to do
 * @param stage what one stage takes if nothing disturbs it
 */
record ChaosCheck(Set<String> models, Duration stage) {
  /** Work that is done may be so many times the work that is needed. */
  static final double MOST_BUSY = 1.3;

  ChaosCheck {
    models = Set.copyOf(models);
  }

  /** Returns everything that is not as it should be; nothing if all is well. */
  List<String> problems(History history) {
    var problems = new ArrayList<String>();
    published(history, problems);
    runs(history.runs(), problems);
    history
        .rejected()
        .forEach(
            rejected ->
                problems.add(
                    "%s was rejected: %s"
                        .formatted(rejected.getModelName(), rejected.getMessage())));
    history.deadLetters().forEach(letter -> problems.add("dead letter from " + letter));
    double busy = busyShare(history);
    if (busy > MOST_BUSY) {
      problems.add(
          String.format(
              Locale.ROOT,
              "workers were busy %.2f times as long as needed; at most %.2f are wanted",
              busy,
              MOST_BUSY));
    }
    return problems;
  }

  /** Work that was done, in multiples of the work that was needed. */
  double busyShare(History history) {
    return BusyTime.of(history.stageEvents()).total().toMillis()
        / (double) (models.size() * stage.toMillis());
  }

  /** The figures, in words. */
  String figures(History history) {
    BusyTime busy = BusyTime.of(history.stageEvents());
    List<Duration> redeliveries = busy.redeliveries();
    return String.format(
        Locale.ROOT,
        """
        published      %d of %d
        starts         %d
        busy           %.1f s for %.1f s, %.2f times
        redeliveries   %d; median %s, p90 %s, longest %s\
        """,
        history.pruned().size(),
        models.size(),
        busy.starts(),
        busy.total().toMillis() / 1e3,
        models.size() * stage.toMillis() / 1e3,
        busyShare(history),
        redeliveries.size(),
        seconds(redeliveries, 0.5),
        seconds(redeliveries, 0.9),
        seconds(redeliveries, 1));
  }

  private void published(History history, List<String> problems) {
    Map<String, Long> times =
        history.pruned().stream()
            .collect(
                Collectors.groupingBy(
                    PrunedModel::getModelName, TreeMap::new, Collectors.counting()));
    times.forEach(
        (model, count) -> {
          if (!models.contains(model)) {
            problems.add(model + " was published, but never registered");
          } else if (count > 1) {
            problems.add("%s was published %d times".formatted(model, count));
          }
        });
    new TreeSet<>(models)
        .stream()
            .filter(model -> !times.containsKey(model))
            .forEach(model -> problems.add(model + " was not published"));
  }

  private void runs(List<Run> states, List<String> problems) {
    Map<String, Run> newest = new TreeMap<>();
    for (Run state : states) {
      Run before = newest.put(state.getRunId(), state);
      if (before != null
          && before.getState() == RunState.PUBLISHED
          && state.getState() != RunState.PUBLISHED) {
        problems.add(
            "run %s of %s was published and then %s"
                .formatted(state.getRunId(), state.getModelName(), state.getState()));
      }
    }
    Map<String, Integer> runsOfModel = new HashMap<>();
    newest.values().forEach(run -> runsOfModel.merge(run.getModelName(), 1, Integer::sum));
    newest.values().stream()
        .filter(run -> run.getState() != RunState.PUBLISHED)
        .forEach(
            run ->
                problems.add(
                    "run %s of %s is %s: %s"
                        .formatted(
                            run.getRunId(), run.getModelName(), run.getState(), run.getReason())));
    runsOfModel.forEach(
        (model, count) -> {
          if (count > 1) {
            problems.add("%s has %d runs".formatted(model, count));
          }
        });
  }

  /** Returns whether nothing more will happen: every model has a run, and every run has ended. */
  boolean isOver(Collection<Run> states) {
    Map<String, Run> newest = new HashMap<>();
    states.forEach(state -> newest.put(state.getRunId(), state));
    Set<String> ended =
        newest.values().stream()
            .filter(Runs::isFinal)
            .map(Run::getModelName)
            .collect(Collectors.toSet());
    boolean open = newest.values().stream().anyMatch(run -> !Runs.isFinal(run));
    return !open && ended.containsAll(models);
  }

  private static String seconds(List<Duration> sorted, double share) {
    if (sorted.isEmpty()) {
      return "-";
    }
    Duration at = sorted.get(Math.max(0, (int) Math.ceil(share * sorted.size()) - 1));
    return String.format(Locale.ROOT, "%.1f s", at.toMillis() / 1e3);
  }
}
