package io.espalier.worker.stage.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.stage.Json;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A point of progress as one line of JSON on the child's standard output. */
final class ProgressLine {
  private static final String PREFIX = "{\"progress\":";

  private ProgressLine() {}

  static String of(Progress progress) {
    ObjectNode values = Json.object();
    new TreeMap<>(progress.values()).forEach((name, value) -> Json.put(values, name, value));
    ObjectNode point =
        Json.object()
            .put("phase", progress.phase())
            .put("done", progress.done())
            .put("total", progress.total());
    point.set("values", values);
    ObjectNode line = Json.object();
    line.set("progress", point);
    return Json.line(line);
  }

  /** The progress in a line; empty for anything else that a library wrote there. */
  static Optional<Progress> parse(String line) {
    if (!line.startsWith(PREFIX)) {
      return Optional.empty();
    }
    try {
      JsonNode point = Json.parse(line).path("progress");
      Map<String, Double> values = new TreeMap<>();
      point
          .path("values")
          .properties()
          .forEach(field -> values.put(field.getKey(), Json.number(field.getValue())));
      return Optional.of(
          new Progress(
              point.path("phase").asText(),
              point.path("done").longValue(),
              point.path("total").longValue(),
              values));
    } catch (JsonProcessingException | NumberFormatException e) {
      return Optional.empty(); // a line cut off by the end of the process
    }
  }
}
