package io.espalier.streams.wire;

import io.espalier.event.ModelRegistered;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFile;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.model.Origin;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Models and artifacts. */
final class Models {
  private Models() {}

  static Model fromAvro(ModelRegistered event) {
    return new Model(
        new ModelRef(event.getName(), event.getVersion()),
        new ArtifactReference(event.getArtifactUri(), Optional.ofNullable(event.getRootDigest())),
        event.getTask(),
        Optional.ofNullable(event.getFamily()),
        optional(event.getParameters()),
        event.getDatasets(),
        event.getLabels(),
        new Origin(
            event.getSource(),
            event.getTenant(),
            event.getGeneration(),
            Optional.ofNullable(event.getParentRootDigest()),
            event.getRegisteredAt()));
  }

  static ModelRegistered toAvro(Model model) {
    ModelRegistered event = new ModelRegistered();
    event.setName(model.ref().name());
    event.setVersion(model.ref().version());
    event.setArtifactUri(model.artifact().uri());
    event.setRootDigest(model.artifact().rootDigest().orElse(null));
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
        artifact.getBytes(),
        artifact.getFiles().stream()
            .map(file -> new ArtifactFile(file.getPath(), file.getBytes(), file.getSha256()))
            .toList());
  }

  static io.espalier.event.Artifact toAvro(Artifact artifact) {
    return new io.espalier.event.Artifact(
        artifact.uri(),
        artifact.rootDigest(),
        artifact.bytes(),
        artifact.files().stream()
            .map(
                file ->
                    new io.espalier.event.ArtifactFile(file.path(), file.bytes(), file.sha256()))
            .toList(),
        artifact.files().size(),
        null);
  }

  static ArtifactReference fromAvro(io.espalier.event.ArtifactReference reference) {
    return new ArtifactReference(
        reference.getUri(), Optional.ofNullable(reference.getRootDigest()));
  }

  static io.espalier.event.ArtifactReference toAvro(ArtifactReference reference) {
    return new io.espalier.event.ArtifactReference(
        reference.uri(), reference.rootDigest().orElse(null));
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
