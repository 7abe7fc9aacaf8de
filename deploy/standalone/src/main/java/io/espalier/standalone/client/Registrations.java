package io.espalier.standalone.client;

import io.espalier.event.ModelRegistered;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The registrations of a system that its brokers still keep, each model version as it was
 * registered last. A version keeps the content that it was registered with.
 */
final class Registrations {
  private final Map<String, ModelRegistered> newest = new LinkedHashMap<>();
  private final Map<String, List<String>> digests = new LinkedHashMap<>();
  private final Map<String, List<String>> listings = new LinkedHashMap<>();

  /**
   * These registrations.
   *
   * @param events those of a version in the order in which they came
   */
  Registrations(Collection<ModelRegistered> events) {
    for (ModelRegistered event : events) {
      newest.put(id(event), event);
      if (event.getRootDigest() != null) {
        digests.computeIfAbsent(id(event), any -> new ArrayList<>()).add(event.getRootDigest());
      }
      if (event.getListingDigest() != null) {
        listings.computeIfAbsent(id(event), any -> new ArrayList<>()).add(event.getListingDigest());
      }
    }
  }

  /** Reads those of a running system. */
  static Registrations of(Cluster cluster) {
    List<ModelRegistered> events = new ArrayList<>();
    try (TopicReader<ModelRegistered> reader = cluster.read(cluster.topics().modelRegistered())) {
      while (!reader.caughtUp()) {
        reader.poll().forEach(entry -> entry.value().ifPresent(events::add));
      }
    }
    return new Registrations(events);
  }

  /** Returns how people name a model version: {@code NAME@VERSION}. */
  static String id(ModelRegistered event) {
    return event.getName() + "@" + event.getVersion();
  }

  /** The last registration of a model version. */
  Optional<ModelRegistered> of(String id) {
    return Optional.ofNullable(newest.get(id));
  }

  /** The model versions that can be read, in the order in which they came first. */
  List<Model> models() {
    return newest.values().stream().map(Registrations::model).flatMap(Optional::stream).toList();
  }

  /** The model versions that a policy would accept if they were registered again, sorted. */
  List<String> acceptedBy(Policy policy) {
    return models().stream()
        .filter(policy::accepts)
        .map(model -> model.ref().toString())
        .sorted()
        .toList();
  }

  /**
   * Refuses a registration of a version that is known with other content.
   *
   * @throws InvalidInputException naming the digest that is known
   */
  void requireSameContent(ModelRegistered event) {
    Optional<ModelRegistered> before = of(id(event));
    List<String> known = digests.getOrDefault(id(event), List.of());
    String digest = Objects.requireNonNullElse(event.getRootDigest(), "");
    if (before.isPresent() && !known.isEmpty() && !known.contains(digest)) {
      throw new InvalidInputException(
          "%s is registered already with root digest %s (%s), but %s has %s; a version keeps its content, so register the new one as another version"
              .formatted(
                  id(event),
                  known.get(known.size() - 1),
                  before.get().getArtifactUri(),
                  event.getArtifactUri(),
                  digest));
    }
    requireSameNames(event);
  }

  private void requireSameNames(ModelRegistered event) {
    List<String> known = listings.getOrDefault(id(event), List.of());
    String listing = event.getListingDigest();
    if (listing != null && !known.isEmpty() && !known.contains(listing)) {
      throw new InvalidInputException(
          "%s is registered already with listing digest %s, but %s has %s: the same contents under other file names; a version keeps its content, so restore the names or register it as another version"
              .formatted(id(event), known.get(known.size() - 1), event.getArtifactUri(), listing));
    }
  }

  /** Returns what the coordinator refused is no model. */
  private static Optional<Model> model(ModelRegistered event) {
    try {
      return Optional.of(CoordinatorTopics.read(event));
    } catch (RefusedException refused) {
      return Optional.empty();
    }
  }
}
