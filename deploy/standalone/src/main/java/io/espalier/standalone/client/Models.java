package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PrunedModel;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.Run;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.NewestSearch;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The models that were registered with a system. */
public final class Models {
  private Models() {}

  /**
   * All model versions whose registration is still kept, in the order of their registration, each
   * with how many of its runs stand where.
   *
   * @param width how many letters a line may have; any number if absent
   */
  public static Result list(Address address, OptionalInt width) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Map<String, Map<String, Integer>> runs = new TreeMap<>();
      NewestSearch<Run> count =
          (id, run) ->
              runs.computeIfAbsent(
                      version(run.getModelName(), run.getModelVersion()), key -> new TreeMap<>())
                  .merge(Events.words(run.getState()), 1, Integer::sum);
      cluster.search(cluster.topics().runs(), Portion.all(), count);
      List<ModelRegistered> all = cluster.values(cluster.topics().modelRegistered(), Portion.all());
      return list(all, runs, Instant.now(), width);
    }
  }

  /**
   * Returns model versions as text and JSON.
   *
   * @param registered registrations, any number per version
   * @param runs how many runs of each version are in which state
   */
  static Result list(
      List<ModelRegistered> registered,
      Map<String, Map<String, Integer>> runs,
      Instant now,
      OptionalInt width) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("models");
    var table =
        new TextTable(
            "model", "task", "family", "parameters", "digest", "generation", "age", "runs");
    List<ModelRegistered> newest = newest(registered);
    for (ModelRegistered each : newest) {
      Map<String, Integer> states = runs.getOrDefault(version(each), Map.of());
      ObjectNode node = Events.json(each);
      ObjectNode counts = node.putObject("runs");
      states.forEach(counts::put);
      nodes.add(node);
      table.row(
          version(each),
          each.getTask(),
          Objects.requireNonNullElse(each.getFamily(), ""),
          each.getParameters() == null ? "" : Figures.count(each.getParameters()),
          ModelText.shortDigest(each.getRootDigest()),
          Integer.toString(each.getGeneration()),
          Figures.brief(Duration.between(each.getRegisteredAt(), now)),
          states.entrySet().stream()
              .map(state -> state.getValue() + " " + state.getKey())
              .collect(Collectors.joining(", ")));
    }
    String text = (width.isPresent() ? table.within(width.getAsInt()) : table).toString();
    return Result.of(json, newest.isEmpty() ? "no models" : text)
        .withNames(newest.stream().map(Models::version).toList());
  }

  /**
   * Shows a model version: its registrations, its runs, where it comes from and what came of it.
   *
   * @param wanted {@code NAME}, for its newest version, or {@code NAME@VERSION}
   * @throws InvalidInputException if no such version is known
   */
  public static Result show(Address address, String wanted, OptionalInt width) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      List<ModelRegistered> all = cluster.values(cluster.topics().modelRegistered(), Portion.all());
      ModelRegistered model = find(all, wanted);
      var runs =
          new NewestRuns(
              new RunFilter(
                  Set.of(),
                  Optional.empty(),
                  Optional.of(version(model)),
                  Optional.empty(),
                  RunFilter.MOST));
      cluster.search(cluster.topics().runs(), Portion.all(), runs);
      var history =
          new ModelHistory(
              model, all, pruned(cluster, model, all), answers(cluster, model), runs.runs());
      return new ModelText(history, Circumstances.of(cluster, runs.runs()), width).result();
    }
  }

  /** Finds the newest registration of a version, or of the version that was registered last. */
  static ModelRegistered find(List<ModelRegistered> all, String wanted) {
    List<ModelRegistered> fitting =
        newest(all).stream()
            .filter(each -> wanted.equals(each.getName()) || wanted.equals(version(each)))
            .toList();
    if (fitting.isEmpty()) {
      throw new InvalidInputException(
          "no model '%s' is registered; see `espalier models list`".formatted(wanted));
    }
    return fitting.get(fitting.size() - 1);
  }

  /** The results that came of a model, and of those that it may have been made from. */
  private static List<PrunedModel> pruned(
      Cluster cluster, ModelRegistered model, List<ModelRegistered> all) {
    List<PrunedModel> pruned = new ArrayList<>();
    all.stream()
        .filter(each -> each.equals(model) || ModelHistory.isParent(each, model))
        .map(ModelRegistered::getName)
        .distinct()
        .forEach(
            name ->
                pruned.addAll(cluster.values(cluster.topics().prunedModel(), Portion.key(name))));
    return pruned;
  }

  private static List<RegistrationAnswer> answers(Cluster cluster, ModelRegistered model) {
    return cluster
        .values(cluster.topics().registrationAnswers(), Portion.key(model.getName()))
        .stream()
        .filter(answer -> answer.getModelVersion().equals(model.getVersion()))
        .toList();
  }

  /** The newest registration of each version, in the order of their times. */
  private static List<ModelRegistered> newest(List<ModelRegistered> registered) {
    Map<String, ModelRegistered> newest = new TreeMap<>();
    for (ModelRegistered each : registered) {
      newest.merge(
          version(each),
          each,
          (one, other) -> other.getRegisteredAt().isBefore(one.getRegisteredAt()) ? one : other);
    }
    return newest.values().stream()
        .sorted(Comparator.comparing(ModelRegistered::getRegisteredAt))
        .toList();
  }

  static String version(ModelRegistered model) {
    return version(model.getName(), model.getVersion());
  }

  static String version(String name, String version) {
    return name + "@" + version;
  }
}
