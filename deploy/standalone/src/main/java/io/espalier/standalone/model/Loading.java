package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.StageResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Loaders of a result, and code.
 *
 * @param loaders their names, as espalier.json has them
 * @param lines of code, with {@code DIR} for the directory
 */
record Loading(List<String> loaders, String lines) {
  /** What opens any result: a network of ours, or no network at all. */
  private static final Set<String> OURS = Set.of("espalier", "safetensors");

  /** Loading; the list is copied. */
  Loading {
    loaders = List.copyOf(loaders);
  }

  /** Of the last stage that wrote a model; empty if none did. */
  static Optional<Loading> of(List<StageResult> stages) {
    return stages.stream()
        .map(StageResult::report)
        .filter(report -> report.change().containsKey(StageReport.OPENING))
        .reduce((earlier, later) -> later)
        .map(
            report ->
                new Loading(
                    report.loadsIn(), report.change().getOrDefault(StageReport.OPENING, "")));
  }

  /** Adds it to what programs read. */
  void add(ObjectNode json) {
    loaders.forEach(json.putArray("loadsIn")::add);
    json.put(StageReport.OPENING, lines);
  }

  /** The same for people, of a result in a directory. */
  String text(Path directory) {
    String headline =
        OURS.containsAll(loaders)
            ? "OPENS ONLY IN ESPALIER: no other loader builds layers of these widths"
            : "opens in %s".formatted(String.join(", ", loaders));
    return "\n%s\n%s"
        .formatted(
            headline,
            lines
                .lines()
                .map(line -> "  " + line.replace("\"DIR\"", "\"" + directory + "\""))
                .map(line -> line.replace("--model DIR", "--model " + directory))
                .collect(Collectors.joining("\n")));
  }
}
