package io.espalier.streams.domain.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.streams.domain.job.Command;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Gates;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the job of a run's current attempt.
 *
 * @param artifactsBase URI under which results are published, without a trailing slash
 * @param references roles of the models that a kind of stage needs besides its input, by its name
 */
record JobWriter(String artifactsBase, Map<String, Set<String>> references) {
  /** Role of the model that a run began with. */
  private static final String TEACHER = "teacher";

  JobWriter {
    references.values().forEach(JobWriter::requireKnown);
  }

  Job of(Run run, Instant now) {
    return new Job(
        run.jobId(),
        run.policy().placement().pool(),
        run.plan().model().origin().tenant(),
        run.policy().placement().priority(),
        now,
        command(run, now));
  }

  /** Returns the URI under which the run's current stage publishes. */
  String outputUri(Run run) {
    return String.format(
        Locale.ROOT,
        "%s/%s/%s/stage-%d",
        artifactsBase,
        path(run.plan().model().ref().name()),
        run.id(),
        run.attempt().stageIndex());
  }

  private Command command(Run run, Instant now) {
    return new Command(
        run.plan().model().ref(),
        new Command.PolicyVersion(run.policy().name(), run.policy().generation()),
        run.stage(),
        run.input(),
        references(run),
        outputUri(run),
        data(run),
        run.policy().seed(),
        resumeKey(run),
        now.plus(run.policy().effort().deadline().minus(run.history().worked())),
        new Command.Identity(run.attempts().sequence(), run.attempts().token()),
        new Command.RunEnd(
            run.policy().gates(), run.policy().stages().size(), Gates.metrics(run.outcomes())),
        run.plan().trace());
  }

  private Map<String, ArtifactReference> references(Run run) {
    Map<String, ArtifactReference> models = new HashMap<>();
    references
        .getOrDefault(run.stage().kind().name(), Set.of())
        .forEach(role -> models.put(role, run.plan().model().artifact()));
    return models;
  }

  private static void requireKnown(Set<String> roles) {
    if (!Set.of(TEACHER).containsAll(roles)) {
      throw new IllegalArgumentException(
          "a stage needs models of roles %s, but runs have only a '%s'".formatted(roles, TEACHER));
    }
  }

  private static Map<String, String> data(Run run) {
    Map<String, String> data = new HashMap<>(run.plan().model().datasets());
    data.putAll(run.policy().data());
    return data;
  }

  /** Work on other files or data than before must not go on where that stopped. */
  private static String resumeKey(Run run) {
    Model model = run.plan().model();
    int registered =
        Objects.hash(model.artifact().uri(), model.task(), new TreeMap<>(data(run)).toString());
    return String.format(
        Locale.ROOT, "%s-stage-%d-%08x", run.id(), run.attempt().stageIndex(), registered);
  }

  /** A model name such as {@code org/name} as path segments of a URI. */
  private static String path(String modelName) {
    return Arrays.stream(modelName.split("/", -1))
        .map(segment -> URLEncoder.encode(segment, UTF_8).replace("+", "%20"))
        .collect(Collectors.joining("/"));
  }
}
