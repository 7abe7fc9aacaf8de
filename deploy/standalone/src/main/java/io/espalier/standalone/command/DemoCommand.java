package io.espalier.standalone.command;

import io.espalier.standalone.demo.Demo;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows everything on this machine. */
@Command(
    name = "demo",
    description =
        "Show everything on this machine: start all services, register a trained ResNet-20, and"
            + " follow it to its pruned-model event.")
final class DemoCommand extends Task {
  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "For data, logs and artifacts; new or empty. Default: a new temporary one.")
  private @Nullable Path directory;

  @Option(
      names = "--allow-root",
      paramLabel = "DIR",
      description = "Directory that the worker may read from, besides --dir; repeat for several.")
  private List<Path> roots = List.of();

  @Override
  Result run() throws IOException {
    Path chosen = WorkDirectory.freshOr(directory, "espalier-demo-");
    try (var narration = Narration.toStandardError()) {
      Result result = Demo.run(chosen, roots, narration);
      narration.say("everything stopped; data, logs and artifacts stay in " + chosen);
      return result;
    }
  }
}
