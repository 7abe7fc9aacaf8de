package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.job.LocalRun;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures a model as the evaluate stage does. */
public final class LocalEvaluation {
  private static final int HEAP_MEBIBYTES = 1500;

  /** Keys of the stage on how data became numbers. */
  private static final List<String> READING = List.of("images", "labels");

  private LocalEvaluation() {}

  /**
   * Request to measure.
   *
   * @param model directory
   * @param data data set, a path or a URI
   * @param maxLength tokens of the longest sequence, of models that read text
   * @param stride tokens that neighbouring windows of a question share
   * @param threads of the tensor library
   */
  public record Request(
      Path model, String data, Optional<Integer> maxLength, Optional<Integer> stride, int threads) {
    private String spec() {
      ObjectNode spec = JsonNodeFactory.instance.objectNode();
      maxLength.ifPresent(tokens -> spec.put("maxLength", tokens));
      stride.ifPresent(tokens -> spec.put("stride", tokens));
      return spec.toString();
    }
  }

  /**
   * Measures a model.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem of model or data
   */
  public static Result of(Request asked, Narration narration) {
    narration.say("opening " + asked.model());
    OpenedModel.open(asked.model());
    Map<String, URI> data = LocalData.of(Map.of(), Map.of("eval", asked.data()), narration);
    try (Interruption interruption = Interruption.watch("nothing is kept")) {
      Path scratch = Files.createTempDirectory("espalier-evaluate");
      try {
        var request =
            new LocalRun.Request(
                asked.model(),
                List.of(new LocalRun.Step(StageKind.EVALUATE, asked.spec())),
                data,
                0,
                scratch.resolve("model"));
        var resources = new LocalResources(HEAP_MEBIBYTES, asked.threads(), Optional.empty());
        return result(
            LocalStages.run(request, resources, narration, interruption.stop())
                .results()
                .get(0)
                .report());
      } finally {
        Scratch.delete(scratch);
      }
    } catch (IOException failed) {
      throw new InvalidInputException(
          "no temporary directory can be used in %s: %s; -Djava.io.tmpdir names another"
              .formatted(System.getProperty("java.io.tmpdir"), failed));
    }
  }

  private static Result result(StageReport report) {
    List<Measurement> measured = LocalStages.measurements(report.metrics());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.setAll(Measurement.after(measured));
    json.put("device", report.device());
    var reading = new StringBuilder();
    for (String key : READING) {
      if (report.change().containsKey(key)) {
        json.put(key, report.change().get(key));
        reading.append('\n').append(key).append(": ").append(report.change().get(key));
      }
    }
    var table = new TextTable("metric", "value");
    measured.forEach(
        each ->
            each.after()
                .ifPresent(value -> table.row(each.name(), Figures.of(value, each.unit()))));
    Optional<String> kept = Optional.ofNullable(report.change().get(StageReport.NOT_COUNTED));
    kept.ifPresent(words -> json.put(StageReport.NOT_COUNTED, words));
    kept.ifPresent(words -> table.row("kept, not counted", words));
    LocalStages.warn(json, report.warnings());
    reading.append(LocalStages.warnings(report.warnings()));
    return Result.of(json, table + "\ndevice: " + report.device() + reading);
  }
}
