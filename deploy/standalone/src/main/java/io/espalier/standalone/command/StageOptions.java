package io.espalier.standalone.command;

import picocli.CommandLine.Option;

/** What the JVM of a stage may use. */
final class StageOptions {
  @Option(
      names = "--heap",
      paramLabel = "MIB",
      defaultValue = "1500",
      description = "Java heap of a stage; tensors come on top. Default: ${DEFAULT-VALUE}.")
  private int heap;

  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "Threads of the tensor library. Default: ${DEFAULT-VALUE}.")
  private int threads;

  /** Java heap of a stage in MiB. */
  int heap(Task command) {
    return command.positive("--heap", heap);
  }

  /** Threads of the tensor library. */
  int threads(Task command) {
    return command.positive("--threads", threads);
  }
}
