package io.espalier.standalone.model;

import io.espalier.event.ModelRegistered;
import io.espalier.schemas.Name;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A model version to make known.
 *
 * @param name model name
 * @param version version, unique within the name
 * @param directory where the model lies
 * @param task task in Hugging Face's words
 * @param data data by role, as URIs or paths
 * @param labels free labels
 */
public record Registration(
    String name,
    String version,
    Path directory,
    String task,
    Map<String, String> data,
    Map<String, String> labels) {
  private static final Set<String> ROLES = Set.of("calibration", "train", "eval");

  /** A registration; maps are copied. */
  public Registration {
    data = Map.copyOf(data);
    labels = Map.copyOf(labels);
  }

  /**
   * The event, after the model has been opened and digested.
   *
   * @throws InvalidInputException with every problem
   */
  public ModelRegistered event(Instant now) {
    requirePlain();
    OpenedModel model = OpenedModel.open(directory);
    Map<String, String> uris = new TreeMap<>();
    data.forEach((role, uri) -> uris.put(role, DataUri.of(uri).toString()));
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion(version)
        .setArtifactUri(directory.toAbsolutePath().normalize().toUri().toString())
        .setRootDigest(Manifest.of(directory).rootDigest())
        .setTask(task)
        .setFamily(model.architecture().family())
        .setParameters(model.cost().parameters())
        .setDatasets(uris)
        .setLabels(new TreeMap<>(labels))
        .setSource("urn:espalier:cli")
        .setRegisteredAt(now)
        .build();
  }

  private void requirePlain() {
    List<String> problems = new ArrayList<>();
    Name.pathProblem("a model's name", name).ifPresent(problems::add);
    Name.problem("a model's version", version).ifPresent(problems::add);
    Name.problem("a model's task", task).ifPresent(problems::add);
    new TreeMap<>(labels)
        .forEach(
            (label, value) -> {
              Name.problem("a label's name", label).ifPresent(problems::add);
              Name.textProblem("the value of label '%s'".formatted(label), value)
                  .ifPresent(problems::add);
            });
    data.keySet().stream()
        .filter(role -> !ROLES.contains(role))
        .sorted()
        .forEach(
            role ->
                problems.add(
                    "data role '%s' is not known; the roles are calibration, train and eval"
                        .formatted(role)));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }
}
