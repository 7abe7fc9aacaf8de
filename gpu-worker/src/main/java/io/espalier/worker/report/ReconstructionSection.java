package io.espalier.worker.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.PairBars;
import io.espalier.worker.report.chart.Table;

/** Section of reports on a reconstruction: the versions that were compared, and every layer. */
final class ReconstructionSection {
  private ReconstructionSection() {}

  /** The part of the page. */
  static void write(Reconstruction done, PageSections sections) {
    Markup out = sections.out();
    sections.open(
        "Reconstruction",
        "What layers behind the cut leave unexplained of what they should say, on held-out samples:"
            + " as they were cut, and as they go out. Went out: "
            + done.chosen().name()
            + ".");
    versions(done, out);
    layers(done, out);
    out.close();
  }

  private static void versions(Reconstruction done, Markup out) {
    String caption =
        "Divergence from the original, on %d held-out samples".formatted(done.samples());
    Table table = Table.open(out, caption, "version", "divergence");
    for (Reconstruction.Version version : done.versions()) {
      table.row(version.name(), Figures.significant(version.divergence()));
    }
    table.close();
  }

  private static void layers(Reconstruction done, Markup out) {
    Table table =
        Table.openWide(
            out,
            "Errors as a share of the variance",
            "layer",
            "as cut",
            "goes out",
            PairBars.COLUMN,
            "ridge",
            "samples");
    for (LayerReconstruction layer : done.layers()) {
      out.open("tr");
      table.head(layer.layer());
      table.number(Figures.significant(layer.errorBefore()));
      table.number(Figures.significant(layer.errorAfter()));
      table.picture(PairBars.of(layer.errorBefore(), layer.errorAfter()));
      table.number(layer.solved() ? Figures.significant(layer.lambda()) : "as it was cut");
      table.number(
          Long.toString(layer.samples()),
          layer.isUnderdetermined() ? "fewer than unknowns: " + layer.unknowns() : "");
      out.close();
    }
    table.close();
  }

  /** The same as JSON; see {@link PruningJson}. */
  static ObjectNode json(Reconstruction done) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("chosen", done.chosen().name()).put("samples", done.samples());
    ArrayNode versions = node.putArray("versions");
    for (Reconstruction.Version version : done.versions()) {
      ObjectNode row = versions.addObject().put("name", version.name());
      PruningJson.put(row, "divergence", version.divergence());
    }
    ArrayNode layers = node.putArray("layers");
    for (LayerReconstruction layer : done.layers()) {
      ObjectNode row = layers.addObject().put("layer", layer.layer());
      PruningJson.put(row, "errorBefore", layer.errorBefore());
      PruningJson.put(row, "errorAfter", layer.errorAfter());
      row.put("lambda", layer.lambda()).put("solved", layer.solved());
      row.put("samples", layer.samples()).put("unknowns", layer.unknowns());
    }
    return node;
  }
}
