package io.espalier.worker.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.facts.ModuleFacts;
import java.util.List;

/** The linear layers of a model that was quantized, one a row, as a page and as JSON. */
final class ModuleTable {
  private ModuleTable() {}

  /** Writes it, if there are layers. */
  static void write(List<ModuleFacts> modules, PageSections sections) {
    if (modules.isEmpty()) {
      return;
    }
    long quantized = modules.stream().filter(module -> module.reason().isEmpty()).count();
    Markup out =
        sections.open(
            "Layers",
            "Linear layers: %d are quantized, %d stay. The error is that of the weights, as a share of them."
                .formatted(quantized, modules.size() - quantized));
    Table table =
        Table.openWide(out, "Layers", "layer", "shape", "format", "bits", "error", "why not");
    for (ModuleFacts module : modules) {
      out.open("tr");
      table.head(module.module());
      table.number(module.shape());
      table.cell(module.format(), "");
      table.number(Figures.of(module.bits(), ""));
      table.number(Figures.of(module.error(), "fraction"));
      table.cell(module.reason(), "");
      out.close();
    }
    table.close();
    out.close();
  }

  /** The same as JSON, see {@link PruningJson}. */
  static ArrayNode json(List<ModuleFacts> modules) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (ModuleFacts module : modules) {
      ObjectNode one = list.addObject().put("module", module.module());
      one.put("format", module.format());
      if (!module.shape().isEmpty()) {
        one.put("shape", module.shape());
      }
      module.bits().ifPresent(bits -> PruningJson.put(one, "bits", bits));
      module.error().ifPresent(error -> PruningJson.put(one, "error", error));
      if (!module.reason().isEmpty()) {
        one.put("reason", module.reason());
      }
    }
    return list;
  }
}
