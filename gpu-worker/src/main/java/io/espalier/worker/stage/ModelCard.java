package io.espalier.worker.stage;

import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The model card of a result. It says nothing of times and places, so that the same job leaves the
 * same card anywhere; only a model that lies as Hugging Face's libraries download it is named.
 *
 * @param job that made it
 * @param parentDigest root digest of the model that went in
 * @param report what is said of the job
 * @param opening how it is opened
 * @param network its architecture's name
 */
record ModelCard(
    StageJob job, String parentDigest, StageReport report, Opening opening, String network) {
  /** File that keeps the card of the input model. */
  static final String PARENT = "README.parent.md";

  /** What stays true of a model that was cut. */
  private static final List<String> KEPT =
      List.of(
          "license",
          "license_name",
          "license_link",
          "language",
          "datasets",
          "pipeline_tag",
          "base_model");

  private static final String TRANSFORMERS = "transformers";
  private static final String BASE = "base_model";
  private static final String COUNT = "count";
  private static final String FRACTION = "fraction";
  private static final String BYTES = "bytes";

  /**
   * The card as Markdown.
   *
   * @param parent card of the model that went in
   * @param keepsParent whether {@value #PARENT} lies beside it
   */
  String text(Optional<ParentCard> parent, boolean keepsParent) {
    Optional<HubOrigin> origin = HubOrigin.of(job.input());
    return String.join(
        "\n",
        "---",
        String.join("\n", fields(parent, origin)),
        "---",
        ParentCard.MARK,
        "",
        "# " + network + made(", pruned by " + report.algorithm(), ", distilled", ", quantized"),
        "",
        made(
                "A smaller version of %s, made by Espalier.",
                "The network of %s, trained by Espalier to answer as the model that it came from.",
                "The network of %s, its linear layers stored in fewer bits by Espalier.")
            .formatted(origin.map(ModelCard::linked).orElse("another model")),
        "",
        "## What it costs and what it lost",
        "",
        metrics() + notCounted(),
        "",
        "## How to open it",
        "",
        "Opens in %s: %s."
            .formatted(
                String.join(", ", report.loadsIn()), opening.note() + "; `DIR` is where it lies"),
        "",
        fenced(opening.language(), opening.lines()),
        "",
        "## How it was made",
        "",
        making(),
        fenced("json", job.spec()),
        "",
        "Kept units, shapes and earlier stages: [%s](%<s)".formatted(Provenance.FILE),
        "",
        "## The model that it was made from",
        "",
        "Its root digest is `%s`. %s".formatted(parentDigest, kept(keepsParent)),
        "");
  }

  /** One of three, by the kind of stage. */
  private <T> T made(T pruned, T distilled, T quantized) {
    return job.kind().equals(StageKind.PRUNE)
        ? pruned
        : job.kind().equals(StageKind.QUANTIZE) ? quantized : distilled;
  }

  private static String kept(boolean keepsParent) {
    return keepsParent
        ? "[Its own card](%s) is kept; figures there are those of the model before this stage."
            .formatted(PARENT)
        : "It had no card.";
  }

  private static String linked(HubOrigin origin) {
    return "[%s](https://huggingface.co/%<s) at commit `%s`"
        .formatted(origin.id(), origin.commit());
  }

  private static String fenced(String language, String lines) {
    return "```" + language + "\n" + lines + "\n```";
  }

  private List<String> fields(Optional<ParentCard> parent, Optional<HubOrigin> origin) {
    List<String> lines = new ArrayList<>();
    for (String key : KEPT) {
      if (!key.equals(BASE) || origin.isEmpty()) {
        parent.ifPresent(card -> lines.addAll(card.field(key)));
      }
    }
    origin.ifPresent(known -> lines.add(BASE + ": " + known.id()));
    if (report.loadsIn().contains(TRANSFORMERS)) {
      lines.add("library_name: " + TRANSFORMERS);
    }
    Set<String> tags = new LinkedHashSet<>();
    parent.ifPresent(card -> tags.addAll(card.items("tags")));
    tags.add("espalier");
    tags.addAll(
        made(
            List.of("pruned", report.algorithm()),
            List.of("distilled"),
            List.of("quantized", "compressed-tensors")));
    lines.add("tags:");
    tags.forEach(tag -> lines.add("- " + tag));
    return lines;
  }

  /** The bounds that were asked for and what came of them. */
  private String making() {
    var asked = new StringBuilder();
    new TreeMap<>(report.change())
        .forEach(
            (key, value) -> {
              if (key.startsWith("constraints.")) {
                asked.append("- ").append(key).append(": ").append(value).append('\n');
              }
            });
    return "Algorithm %s, version %s, seed %d\n\n%s"
        .formatted(report.algorithm(), report.algorithmVersion(), job.seed(), asked);
  }

  private String metrics() {
    return "| | before | after | change |\n|---|---:|---:|---:|\n"
        + report.metrics().stream()
            .filter(metric -> !metric.name().equals(PruningSummary.LATENCY))
            .filter(metric -> metric.before().isPresent() && metric.after().isPresent())
            .map(ModelCard::row)
            .collect(Collectors.joining("\n"));
  }

  private String notCounted() {
    String kept = report.change().get(StageReport.NOT_COUNTED);
    return kept == null ? "" : "\n\nParameters and operations leave out %s.".formatted(kept);
  }

  private static String row(Metric metric) {
    double before = metric.before().orElseThrow();
    double after = metric.after().orElseThrow();
    boolean exact = metric.unit().equals(COUNT) || metric.unit().equals(BYTES);
    String change =
        metric.unit().equals(FRACTION)
            ? String.format(Locale.ROOT, "%+.2f pp", 100 * (after - before))
            : exact
                ? String.format(Locale.ROOT, "%+.1f %%", 100 * (after / before - 1))
                : String.format(Locale.ROOT, "%+.4f", after - before);
    return "| %s | %s | %s | %s |"
        .formatted(metric.name(), value(metric, before), value(metric, after), change);
  }

  private static String value(Metric metric, double value) {
    return switch (metric.unit()) {
      case FRACTION -> String.format(Locale.ROOT, "%.2f %%", 100 * value);
      case COUNT, BYTES -> String.format(Locale.ROOT, "%,.0f", value);
      default -> String.format(Locale.ROOT, "%.4f", value);
    };
  }
}
