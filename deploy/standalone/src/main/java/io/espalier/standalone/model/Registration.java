package io.espalier.standalone.model;

import io.espalier.event.ModelRegistered;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A model version to make known.
 *
 * @param name model name
 * @param version version, unique within the name
 * @param directory where the model lies
 * @param task task in Hugging Face's words; what the model's files say if absent
 * @param data data by role, as URIs or paths
 * @param labels free labels
 */
public record Registration(
    String name,
    String version,
    Path directory,
    Optional<String> task,
    Map<String, String> data,
    Map<String, String> labels) {
  /** Stands for a task that is not known before the model has been opened. */
  private static final String ANY_TASK = "task";

  /** A registration; maps are copied. */
  public Registration {
    data = Map.copyOf(data);
    labels = Map.copyOf(labels);
  }

  /**
   * The event, after the model has been opened and digested.
   *
   * @throws InvalidInputException with every problem, those for which the coordinator would refuse
   *     the event included
   */
  public ModelRegistered event(Instant now) {
    ModelRegistered event = described(now);
    Manifest content = Manifest.of(directory);
    event.setRootDigest(content.rootDigest());
    event.setListingDigest(content.listingDigest());
    return event;
  }

  /**
   * The same without digests, for which every byte of the model would have to be read.
   *
   * @throws InvalidInputException with every problem
   */
  public ModelRegistered described(Instant now) {
    List<String> problems = new ArrayList<>();
    ModelRegistered.Builder event = draft(uris(problems), now);
    try {
      CoordinatorTopics.read(event.build());
    } catch (RefusedException refused) {
      problems.addAll(refused.problems());
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    OpenedModel model = OpenedModel.open(directory);
    return event
        .setTask(task.orElse(model.task()))
        .setFamily(model.architecture().family())
        .setParameters(model.cost().parameters())
        .build();
  }

  private ModelRegistered.Builder draft(Map<String, String> uris, Instant now) {
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion(version)
        .setArtifactUri(directory.toAbsolutePath().normalize().toUri().toString())
        .setTask(task.orElse(ANY_TASK))
        .setDatasets(uris)
        .setLabels(new TreeMap<>(labels))
        .setSource("urn:espalier:cli")
        .setRegisteredAt(now);
  }

  private Map<String, String> uris(List<String> problems) {
    Map<String, String> uris = new TreeMap<>();
    new TreeMap<>(data)
        .forEach(
            (role, text) -> {
              if (!LocalData.ROLES.contains(role)) {
                problems.add(
                    "data role '%s' is not known; the roles are %s"
                        .formatted(role, String.join(", ", LocalData.ROLES)));
              }
              try {
                uris.put(role, DataUri.existing(text).toString());
              } catch (InvalidInputException wrong) {
                problems.addAll(wrong.problems());
              }
            });
    return uris;
  }
}
