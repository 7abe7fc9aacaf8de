package io.espalier.standalone.command;

import io.espalier.standalone.client.Pools;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TerminalWidth;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Pools of workers of a running system. */
@Command(
    name = "pools",
    description =
        "List the pools: their workers, slots and what waits for them, and pools that no worker"
            + " serves.",
    footer = {
      "",
      "Keys of -o json: pools, each with pool, workers, slots, busy, waiting, waitingSeconds (of"
          + " what has waited longest), note (what is wrong, if anything is)."
    })
final class PoolsCommand extends Task {
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Override
  Result run() {
    return Pools.list(connection.address(), TerminalWidth.ofStandardOutput());
  }
}
