package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.LearningFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.stage.LoadingLines;
import io.espalier.worker.stage.MetricSpread;
import io.espalier.worker.stage.ModelCosts;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.Provenance;
import io.espalier.worker.stage.ResultFiles;
import io.espalier.worker.tensor.PyTorch;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Files of a distillation beside the weights: its report, espalier.json, the card.
 *
 * @param curve way of the training
 * @param outcome quality before and after, and that of the teacher
 */
record DistillResult(
    StageJob job,
    DistillSpec spec,
    DistillSubject subject,
    LearningCurve curve,
    DistillOutcome outcome) {
  /** Returns what is said to whoever ordered the distillation. */
  StageReport report() {
    Map<String, String> change = new LinkedHashMap<>(spec.said().recorded());
    change.put("seed", Long.toString(job.seed()));
    change.put("teacher", subject.teacher().directory().rootDigest());
    change.put("samples", Integer.toString(subject.samples()));
    change.put("steps", Long.toString(curve.steps()));
    change.put("chosen", chosen());
    for (Measure measure : outcome.teacher().measures()) {
      change.put("teacher." + measure.name(), Figures.of(measure.value(), measure.unit()));
    }
    change.putAll(outcome.details());
    change.putAll(subject.reading());
    change.put(StageReport.OPENING, opening().lines());
    subject.student().carried().ifPresent(kept -> change.put(StageReport.NOT_COUNTED, kept));
    List<String> warnings = new ArrayList<>(subject.warnings());
    if (best() == 0) {
      warnings.add(
          "distill: none of %d judgements on the way was better than the start, so the model goes out as it came; a smaller learningRate or a longer training may help"
              .formatted(curve.points().size() - 1));
    }
    StageReport.warn(change, warnings);
    return new StageReport(
        DistillStage.NAME,
        new DistillStage().version(),
        change,
        metrics(),
        Provenance.loaders(subject.student()),
        PyTorch.device());
  }

  private String chosen() {
    LearningCurve.Point start = curve.points().get(0);
    LearningCurve.Point went = curve.points().get(best());
    Measure measure = spec.deciding(outcome.after());
    return "after step %d of %d: %s %s on held-out samples, %s at the start"
        .formatted(
            went.step(),
            curve.steps(),
            measure.name(),
            Figures.of(went.measure(), measure.unit()),
            Figures.of(start.measure(), measure.unit()));
  }

  private int best() {
    return curve.best().orElse(0);
  }

  private List<Metric> metrics() {
    List<Metric> metrics = new ArrayList<>(ModelCosts.of(subject.student(), true));
    Judgement after = outcome.after();
    for (Measure before : outcome.before().measures()) {
      metrics.add(
          new Metric(
              before.name(),
              before.unit(),
              OptionalDouble.of(before.value()),
              after.measures().stream()
                  .filter(measure -> measure.name().equals(before.name()))
                  .mapToDouble(Measure::value)
                  .findFirst(),
              before.higherIsBetter(),
              Optional.of(subject.data().uri().toString()),
              OptionalLong.of(after.count())));
    }
    return metrics;
  }

  /** Completes the output directory. */
  void write(StageReport report) {
    KnownModel student = subject.student();
    Opening opening = opening();
    new ResultFiles(job, student.directory().rootDigest())
        .writeProvenance(
            report, subject.fingerprint(), Kept.all(), student.architecture().shapes(), opening);
    Reports.write(
        job.output(),
        PruningReport.ofTraining(
            new PruningReport.Model(
                student.architecture().name(),
                student.architecture().name(),
                student.family().name(),
                Optional.of(student.directory().rootDigest())),
            setup(report),
            MetricSpread.of(outcome.before(), outcome.after(), job.seed()).of(report.metrics()),
            learning(),
            data(),
            LoadingLines.of(report.loadsIn(), opening)));
  }

  private PruningReport.Setup setup(StageReport report) {
    List<PruningReport.Fact> facts = new ArrayList<>();
    report.change().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            fact ->
                facts.add(PruningReport.Fact.of(fact.getKey(), fact.getKey(), fact.getValue())));
    return new PruningReport.Setup(
        report.algorithm(),
        report.algorithmVersion(),
        report.device(),
        job.seed(),
        "what is said, as close to what the teacher says as can be",
        Optional.empty(),
        facts);
  }

  private LearningFacts learning() {
    Measure measure = spec.deciding(outcome.after());
    return new LearningFacts(
        measure.name(),
        measure.unit(),
        curve.points().stream()
            .map(point -> new LearningFacts.Point(point.step(), point.loss(), point.measure()))
            .toList(),
        best(),
        OptionalDouble.empty());
  }

  private List<DataFacts> data() {
    TrainingData<?> data = subject.data();
    URI train = DataRoles.of(job).train();
    return List.of(
        new DataFacts("learning", train.toString(), subject.learned()),
        new DataFacts("before and after", data.uri().toString(), subject.fingerprint()));
  }

  private Opening opening() {
    KnownModel student = subject.student();
    return Provenance.of(job.input())
        .filter(made -> made.hasNonNull("opening"))
        .map(Opening::asSaid)
        .orElseGet(
            () ->
                Opening.of(
                    "shapes are those of the model that came in, so any loader of the family opens"
                        + " it",
                    Provenance.loaders(student),
                    student));
  }
}
