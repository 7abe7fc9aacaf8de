package io.espalier.standalone.command;

import io.espalier.standalone.model.Comparing;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts results side by side. */
@Command(
    name = "compare",
    description =
        "Compare results that optimize wrote, also those that a gate refused: what each costs and"
            + " how good it is beside the original.")
final class CompareCommand extends Task {
  @Parameters(
      arity = "2..*",
      paramLabel = "DIR",
      description = "Directories with the reports of results.")
  private List<Path> directories = new ArrayList<>();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Also write a page with pictures, which needs no network; replaces the file.")
  private @Nullable Path html;

  @Override
  Result run() {
    return Comparing.of(directories, Optional.ofNullable(html));
  }
}
