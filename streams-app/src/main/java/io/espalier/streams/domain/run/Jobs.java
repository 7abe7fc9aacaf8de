package io.espalier.streams.domain.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.streams.domain.job.Command;
import io.espalier.streams.domain.job.Job;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the job of a run's current attempt. */
final class Jobs {
  private Jobs() {}

  static Job of(Run run, String artifactsBase, Instant now) {
    return new Job(
        run.jobId(),
        run.policy().placement().pool(),
        run.plan().model().origin().tenant(),
        run.policy().placement().priority(),
        now,
        command(run, artifactsBase));
  }

  private static Command command(Run run, String artifactsBase) {
    int stageIndex = run.attempt().stageIndex();
    return new Command(
        run.plan().model().ref(),
        run.stage(),
        run.input(),
        String.format(
            Locale.ROOT,
            "%s/%s/%s/stage-%d",
            artifactsBase,
            path(run.plan().model().ref().name()),
            run.id(),
            stageIndex),
        data(run),
        run.policy().seed(),
        run.id() + "-stage-" + stageIndex,
        run.deadline(),
        run.plan().trace());
  }

  private static Map<String, String> data(Run run) {
    Map<String, String> data = new HashMap<>(run.plan().model().datasets());
    data.putAll(run.policy().data());
    return data;
  }

  /** A model name such as {@code org/name} as path segments of a URI. */
  private static String path(String modelName) {
    return Arrays.stream(modelName.split("/", -1))
        .map(segment -> URLEncoder.encode(segment, UTF_8).replace("+", "%20"))
        .collect(Collectors.joining("/"));
  }
}
