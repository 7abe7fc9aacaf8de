package io.espalier.streams.domain.model;

import io.espalier.streams.domain.RefusedException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * A model version that has landed in a registry. One that is malformed cannot be made: every
 * problem is reported at once.
 *
 * @param ref name and version
 * @param artifact the model directory
 * @param task task in Hugging Face's words, such as {@code image-classification}
 * @param family architecture family such as {@code resnet}; absent if the source did not look
 * @param parameters number of parameters; absent if the source did not look
 * @param datasets data by role (calibration, train, eval), as URIs
 * @param labels free labels that policies select by
 * @param origin where it comes from
 */
public record Model(
    ModelRef ref,
    ArtifactReference artifact,
    String task,
    Optional<String> family,
    OptionalLong parameters,
    Map<String, String> datasets,
    Map<String, String> labels,
    ModelOrigin origin) {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  /**
   * A model.
   *
   * @throws RefusedException if anything in it is malformed, naming every problem
   */
  public Model {
    datasets = Map.copyOf(datasets);
    labels = Map.copyOf(labels);
    List<String> problems = problems(ref, artifact, task, origin);
    if (!problems.isEmpty()) {
      throw new RefusedException(
          "model-registered event of '%s' version '%s'".formatted(ref.name(), ref.version()),
          problems);
    }
  }

  private static List<String> problems(
      ModelRef ref, ArtifactReference artifact, String task, ModelOrigin origin) {
    List<String> problems = new ArrayList<>();
    if (ref.name().isBlank()) {
      problems.add("name must not be empty");
    }
    if (ref.version().isBlank()) {
      problems.add("version must not be empty");
    }
    if (task.isBlank()) {
      problems.add("task must not be empty");
    }
    if (origin.tenant().isBlank()) {
      problems.add("tenant must not be empty");
    }
    if (origin.generation() < 0) {
      problems.add("generation must be at least 0, found " + origin.generation());
    }
    uriProblem(artifact.uri()).ifPresent(problems::add);
    digestProblem("rootDigest", artifact.rootDigest()).ifPresent(problems::add);
    digestProblem("listingDigest", artifact.listingDigest()).ifPresent(problems::add);
    return problems;
  }

  private static Optional<String> digestProblem(String name, Optional<String> found) {
    return found
        .filter(digest -> !DIGEST.matcher(digest).matches())
        .map(
            digest ->
                "%s must be 64 lower-case hexadecimal digits, found '%s'".formatted(name, digest));
  }

  private static Optional<String> uriProblem(String uri) {
    try {
      return new URI(uri).isAbsolute()
          ? Optional.empty()
          : Optional.of(
              "artifactUri must have a scheme such as file: or s3:, found '%s'".formatted(uri));
    } catch (URISyntaxException e) {
      return Optional.of("artifactUri cannot be parsed: " + e.getMessage());
    }
  }
}
