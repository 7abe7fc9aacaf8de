package io.espalier.standalone.command;

import io.espalier.standalone.model.ReportListing;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Reports of results. */
@Command(
    name = "reports",
    description = "Look after the reports of results.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {ReportsCommand.Index.class})
final class ReportsCommand {
  /** Lists the reports of a store on a page. */
  @Command(
      name = "index",
      description =
          "Write a page that lists every result with a report below a directory, with links to"
              + " them.")
  static final class Index extends Task {
    @Option(
        names = "--store",
        required = true,
        paramLabel = "DIR",
        description = "Directory with results, such as the artifacts of a running system.")
    private Path store = Path.of("");

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "Where the page goes. Default: index.html in the store.")
    private @Nullable Path out;

    @Override
    Result run() {
      return ReportListing.write(store, out == null ? store.resolve("index.html") : out);
    }
  }
}
