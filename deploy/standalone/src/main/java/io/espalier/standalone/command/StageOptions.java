package io.espalier.standalone.command;

import io.espalier.worker.app.StageHeaps;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Resources of a stage's JVM. */
final class StageOptions {
  @Option(
      names = "--heap",
      paramLabel = "MIB",
      description =
          "Java heap of a stage; tensors come on top. Default: half of the memory, divided among"
              + " the slots, but from 128 to 1500.")
  private @Nullable Integer heap;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of the tensor library. Default: ${DEFAULT-VALUE}.")
  private int threads;

  /** Java heap of each of so many stages at the same time, in MiB. */
  int heap(Task command, int slots) {
    return heap == null ? StageHeaps.local().mebibytes(slots) : command.positive("--heap", heap);
  }

  /** Threads of the tensor library. */
  int threads(Task command) {
    return command.positive("--threads", threads);
  }
}
