package io.espalier.standalone.client;

import static java.time.temporal.ChronoUnit.SECONDS;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PrunedModel;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.Run;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model version for people and programs.
 *
 * @param history what is known of it
 * @param around what must be known besides to say how its runs stand
 * @param width how many letters a line of a table may have; any number if absent
 */
record ModelText(ModelHistory history, Circumstances around, OptionalInt width) {
  private static final int SHORT_DIGEST = 12;
  private static final String REPORT = "report.html";

  static String shortDigest(@Nullable String digest) {
    return digest == null ? "" : digest.substring(0, Math.min(SHORT_DIGEST, digest.length()));
  }

  Result result() {
    var lines = new ArrayList<String>();
    model(lines);
    if (!history.runs().isEmpty()) {
      lines.addAll(List.of("", "runs", fitting(runs())));
    }
    if (!history.children().isEmpty()) {
      lines.addAll(List.of("", "pruned models that came of it", fitting(children())));
    }
    if (!history.answers().isEmpty()) {
      lines.addAll(List.of("", "answers to its registrations", fitting(answers())));
    }
    return Result.of(json(), String.join("\n", lines))
        .withNames(List.of(Models.version(history.model())));
  }

  private void model(List<String> lines) {
    ModelRegistered model = history.model();
    lines.add("model       " + Models.version(model));
    lines.add("task        " + model.getTask());
    if (model.getFamily() != null) {
      lines.add("family      " + model.getFamily() + parameters(model));
    }
    lines.add("artifact    " + model.getArtifactUri());
    lines.add("parent      " + parent());
    new TreeMap<>(model.getLabels())
        .forEach((key, value) -> lines.add("label       %s=%s".formatted(key, value)));
    new TreeMap<>(model.getDatasets())
        .forEach((role, uri) -> lines.add("data        %s=%s".formatted(role, uri)));
    for (ModelRegistered each : history.registrations()) {
      lines.add(
          "registered  %s by %s, digest %s"
              .formatted(
                  each.getRegisteredAt().truncatedTo(SECONDS),
                  each.getSource().isEmpty() ? "unknown" : each.getSource(),
                  each.getRootDigest() == null ? "not given" : each.getRootDigest()));
    }
  }

  private static String parameters(ModelRegistered model) {
    return model.getParameters() == null
        ? ""
        : ", %s parameters".formatted(Figures.count(model.getParameters()));
  }

  private String parent() {
    if (history.model().getParentRootDigest() == null && history.model().getGeneration() == 0) {
      return "none, it comes from outside";
    }
    String name =
        history
            .parent()
            .map(Models::version)
            .orElse("a model with digest " + history.model().getParentRootDigest());
    return name
        + history
            .madeAs()
            .map(
                made ->
                    ", pruned by %s in run %s"
                        .formatted(made.getPolicyName(), Runs.shortId(made.getRunId())))
            .orElse("");
  }

  private TextTable runs() {
    var table = new TextTable("run", "policy", "state", "stage", "age", "reason");
    for (Run run : history.runs()) {
      var view = new RunView(run, around);
      table.row(
          Runs.shortId(run),
          run.getPolicyName(),
          Events.words(run.getState()),
          view.stages(),
          Figures.brief(view.age()),
          view.reason());
    }
    return table;
  }

  private TextTable children() {
    var table = new TextTable("run", "policy", "took", "change", "registered as", "report");
    for (PrunedModel child : history.children()) {
      table.row(
          Runs.shortId(child.getRunId()),
          child.getPolicyName(),
          Figures.brief(took(child)),
          Events.measurements(child.getMetrics()).stream()
              .map(each -> each.name() + " " + each.change())
              .collect(Collectors.joining(", ")),
          history.registeredAs(child).orElse("-"),
          child.getArtifact().getUri() + REPORT);
    }
    return table;
  }

  private static Duration took(PrunedModel child) {
    return Duration.ofMillis(
        child.getStages().stream()
            .mapToLong(stage -> stage.getReport().getCost().getWallMillis())
            .sum());
  }

  private TextTable answers() {
    var table = new TextTable("time", "answer", "policy", "message");
    for (RegistrationAnswer answer : history.answers()) {
      table.row(
          answer.getAt().truncatedTo(SECONDS).toString(),
          Events.words(answer.getAnswer()),
          answer.getPolicyName() == null ? "" : answer.getPolicyName(),
          answer.getMessage().replaceAll("\\s+", " "));
    }
    return table;
  }

  private String fitting(TextTable table) {
    return (width.isPresent() ? table.within(width.getAsInt()) : table).toString().stripTrailing();
  }

  private ObjectNode json() {
    ObjectNode json = Events.json(history.model());
    history.parent().map(Models::version).ifPresent(name -> json.put("parent", name));
    history.madeAs().ifPresent(made -> json.put("madeByRun", made.getRunId()));
    var registrations = json.putArray("registrations");
    history.registrations().forEach(each -> registrations.add(Events.json(each)));
    var runs = json.putArray("runs");
    history.runs().forEach(run -> runs.add(new RunView(run, around).json()));
    var children = json.putArray("pruned");
    for (PrunedModel child : history.children()) {
      List<Measurement> measured = Events.measurements(child.getMetrics());
      ObjectNode node =
          children
              .addObject()
              .put("runId", child.getRunId())
              .put("policyName", child.getPolicyName())
              .put("artifactUri", child.getArtifact().getUri())
              .put("rootDigest", child.getArtifact().getRootDigest())
              .put("seconds", took(child).toMillis() / 1000.0)
              .put("report", child.getArtifact().getUri() + REPORT);
      history.registeredAs(child).ifPresent(name -> node.put("registeredAs", name));
      node.set("before", Measurement.before(measured));
      node.set("after", Measurement.after(measured));
    }
    var answers = json.putArray("answers");
    history.answers().forEach(answer -> answers.add(Events.json(answer)));
    return json;
  }
}
