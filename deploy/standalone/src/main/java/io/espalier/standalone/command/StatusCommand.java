package io.espalier.standalone.command;

import io.espalier.standalone.local.StackStatus;
import io.espalier.standalone.report.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what {@code up} has running. */
@Command(
    name = "status",
    description =
        "Show what `up` has running on this machine: services, addresses, processes. Exit code 6"
            + " unless all of it works.")
final class StatusCommand extends Task {
  @Mixin private StackOption stack = new StackOption();

  @Override
  Result run() {
    return StackStatus.of(stack.toLookAt(), Failures.UNREACHABLE);
  }
}
