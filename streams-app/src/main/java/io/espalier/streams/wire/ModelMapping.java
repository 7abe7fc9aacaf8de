package io.espalier.streams.wire;

import io.espalier.event.ModelRegistered;
import io.espalier.schemas.Name;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFile;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelOrigin;
import io.espalier.streams.domain.model.ModelRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Models and artifacts. */
final class ModelMapping {
  private ModelMapping() {}

  /**
   * Reads a registration.
   *
   * @throws RefusedException naming everything that is wrong with it
   */
  static Model fromAvro(ModelRegistered event) {
    List<String> problems = new ArrayList<>(nameProblems(event));
    try {
      Model model = model(event);
      if (problems.isEmpty()) {
        return model;
      }
    } catch (RefusedException e) {
      problems.addAll(e.problems());
    }
    throw new RefusedException("model-registered event", problems);
  }

  private static Model model(ModelRegistered event) {
    return new Model(
        new ModelRef(event.getName(), event.getVersion()),
        new ArtifactReference(
            event.getArtifactUri(),
            Optional.ofNullable(event.getRootDigest()),
            Optional.ofNullable(event.getListingDigest())),
        event.getTask(),
        Optional.ofNullable(event.getFamily()),
        optional(event.getParameters()),
        event.getDatasets(),
        event.getLabels(),
        new ModelOrigin(
            event.getSource(),
            event.getTenant(),
            event.getGeneration(),
            Optional.ofNullable(event.getParentRootDigest()),
            event.getRegisteredAt()));
  }

  private static List<String> nameProblems(ModelRegistered event) {
    List<Optional<String>> found = new ArrayList<>();
    found.add(Name.pathProblem("name", event.getName()));
    found.add(Name.problem("version", event.getVersion()));
    found.add(Name.problem("task", event.getTask()));
    found.add(Name.problem("tenant", event.getTenant()));
    event
        .getLabels()
        .forEach((key, value) -> found.add(Name.textProblem("value of a label", value)));
    event.getLabels().keySet().forEach(key -> found.add(Name.textProblem("label", key)));
    event.getDatasets().keySet().forEach(role -> found.add(Name.problem("data role", role)));
    return found.stream().flatMap(Optional::stream).toList();
  }

  static ModelRegistered toAvro(Model model) {
    ModelRegistered event = new ModelRegistered();
    event.setName(model.ref().name());
    event.setVersion(model.ref().version());
    event.setArtifactUri(model.artifact().uri());
    event.setRootDigest(model.artifact().rootDigest().orElse(null));
    event.setListingDigest(model.artifact().listingDigest().orElse(null));
    event.setTask(model.task());
    event.setFamily(model.family().orElse(null));
    event.setParameters(nullable(model.parameters()));
    event.setDatasets(model.datasets());
    event.setLabels(model.labels());
    event.setSource(model.origin().source());
    event.setTenant(model.origin().tenant());
    event.setGeneration(model.origin().generation());
    event.setParentRootDigest(model.origin().parentRootDigest().orElse(null));
    event.setRegisteredAt(model.origin().registeredAt());
    return event;
  }

  static Artifact fromAvro(io.espalier.event.Artifact artifact) {
    return new Artifact(
        artifact.getUri(),
        artifact.getRootDigest(),
        Optional.ofNullable(artifact.getListingDigest()),
        artifact.getBytes(),
        new ArtifactFiles(
            artifact.getFiles().stream()
                .map(file -> new ArtifactFile(file.getPath(), file.getBytes(), file.getSha256()))
                .toList(),
            Math.max(artifact.getFileCount(), artifact.getFiles().size()),
            Optional.ofNullable(artifact.getManifestUri())));
  }

  static io.espalier.event.Artifact toAvro(Artifact artifact) {
    return new io.espalier.event.Artifact(
        artifact.uri(),
        artifact.rootDigest(),
        artifact.listingDigest().orElse(null),
        artifact.bytes(),
        artifact.files().list().stream()
            .map(
                file ->
                    new io.espalier.event.ArtifactFile(file.path(), file.bytes(), file.sha256()))
            .toList(),
        artifact.files().count(),
        artifact.files().manifestUri().orElse(null));
  }

  static ArtifactReference fromAvro(io.espalier.event.ArtifactReference reference) {
    return new ArtifactReference(
        reference.getUri(),
        Optional.ofNullable(reference.getRootDigest()),
        Optional.ofNullable(reference.getListingDigest()));
  }

  static io.espalier.event.ArtifactReference toAvro(ArtifactReference reference) {
    return new io.espalier.event.ArtifactReference(
        reference.uri(),
        reference.rootDigest().orElse(null),
        reference.listingDigest().orElse(null));
  }

  static Map<String, ArtifactReference> fromAvro(
      Map<String, io.espalier.event.ArtifactReference> references) {
    Map<String, ArtifactReference> models = new TreeMap<>();
    references.forEach((role, reference) -> models.put(role, fromAvro(reference)));
    return models;
  }

  static Map<String, io.espalier.event.ArtifactReference> toAvro(
      Map<String, ArtifactReference> models) {
    Map<String, io.espalier.event.ArtifactReference> references = new TreeMap<>();
    models.forEach((role, model) -> references.put(role, toAvro(model)));
    return references;
  }

  static OptionalLong optional(@Nullable Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  static @Nullable Long nullable(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  static @Nullable Double nullable(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
