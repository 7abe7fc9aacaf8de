package io.espalier.standalone.command;

import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Policies of a running system. */
@Command(
    name = "policies",
    description = "Apply and list the policies of a running system.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {PoliciesCommand.Apply.class, PoliciesCommand.List.class})
final class PoliciesCommand {
  /** Publishes policies that changed. */
  @Command(
      name = "apply",
      description = "Check a policy file and publish the policies in it that are new or changed.")
  static final class Apply extends Task {
    @Option(
        names = {"-f", "--file"},
        required = true,
        paramLabel = "FILE",
        description = "Policy file, YAML or JSON.")
    private Path file = Path.of("");

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      connection.allow(PolicyFile.read(file).orThrow());
      return Publishing.apply(connection.address(), file);
    }
  }

  /** Lists policies. */
  @Command(name = "list", description = "List the policies in force.")
  static final class List extends Task {
    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Publishing.policies(connection.address());
    }
  }
}
