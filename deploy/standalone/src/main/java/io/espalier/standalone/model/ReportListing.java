package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.report.index.ReportEntry;
import io.espalier.worker.report.index.ReportIndex;
import java.nio.file.Path;

/** The results of a directory that have a report, as a page and as a table. */
public final class ReportListing {
  private ReportListing() {}

  /**
   * Writes the page.
   *
   * @param store directory with results
   * @param page file to write; one that is there is replaced
   * @throws io.espalier.worker.domain.InvalidInputException if the store is no directory
   * @throws io.espalier.worker.domain.WorkerException if it cannot be read, or the page not written
   */
  public static Result write(Path store, Path page) {
    ReportIndex index = ReportIndex.of(store);
    Path written = index.write(page);
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("page", written.toString());
    ArrayNode results = json.putArray("results");
    var table = new TextTable("model", "policy", "made", "directory");
    for (ReportEntry entry : index.entries()) {
      results.add(node(entry));
      table.row(
          entry.model(),
          entry.policy().orElse("-"),
          entry.made().toString(),
          entry.directory().toString());
    }
    ArrayNode unreadable = json.putArray("unreadable");
    var text = new StringBuilder(table.toString());
    for (Path file : index.unreadable()) {
      unreadable.add(file.toString());
      text.append("warning: could not be read: ").append(file).append('\n');
    }
    return Result.of(json, text.append("page  ").append(written.toUri()).toString());
  }

  private static ObjectNode node(ReportEntry entry) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("model", entry.model())
            .put("algorithm", entry.algorithm())
            .put("made", entry.made().toString())
            .put("directory", entry.directory().toString());
    entry.policy().ifPresent(policy -> node.put("policy", policy));
    entry.run().ifPresent(run -> node.put("run", run));
    return node;
  }
}
