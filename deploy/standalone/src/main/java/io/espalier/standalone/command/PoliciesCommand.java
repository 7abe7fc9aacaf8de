package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.schemas.policy.Policy;
import io.espalier.standalone.client.PolicyListing;
import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.report.Format;
import io.espalier.standalone.report.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Policies of a running system. */
@Command(
    name = "policies",
    description = "Write, try, apply, compare, show and withdraw policies.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PoliciesCommand.Apply.class,
      PoliciesCommand.Diff.class,
      PoliciesCommand.Listing.class,
      PoliciesCommand.Show.class,
      PoliciesCommand.Delete.class,
      PolicyTestCommand.class,
      PolicyInitCommand.class,
      PolicySchemaCommand.class
    })
final class PoliciesCommand {
  /** Publishes policies that changed. */
  @Command(
      name = "apply",
      description =
          "Check policy files and publish the policies in them that are new or changed, all at"
              + " once; says which registered models they accept. They are for models that are"
              + " registered from then on.")
  static final class Apply extends Task {
    @Mixin private PolicyFiles.Required files = new PolicyFiles.Required();

    @Option(names = "--dry-run", description = "Change nothing; say what would be done.")
    private boolean dryRun;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      List<Policy> policies = files.policies();
      if (!dryRun) {
        connection.allow(policies);
      }
      return Publishing.apply(connection.address(), policies, dryRun);
    }
  }

  /** Compares files with what is in force. */
  @Command(
      name = "diff",
      description =
          "Show how policy files differ from the policies in force, as diff -u does; what has the"
              + " format's default is left out. Exit code 0: nothing differs, 5: something does.")
  static final class Diff extends Task {
    @Mixin private PolicyFiles.Required files = new PolicyFiles.Required();

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return PolicyListing.diff(connection.address(), files.policies());
    }
  }

  /** Lists policies. */
  @Command(
      name = "list",
      description = "List the policies in force; -o yaml writes them as they can be applied.")
  static final class Listing extends Task {
    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return root().format() == Format.YAML
          ? PolicyListing.documents(connection.address())
          : PolicyListing.list(connection.address());
    }
  }

  /** Shows a policy. */
  @Command(
      name = "show",
      description = "Show a policy as it can be applied; also an earlier generation of it.")
  static final class Show extends Task {
    @Parameters(paramLabel = "NAME", description = "Policy name.")
    private String name = "";

    @Option(
        names = "--generation",
        paramLabel = "G",
        description = "An earlier generation, as long as the brokers keep it. Default: in force.")
    private @Nullable Long generation;

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      OptionalLong wanted = generation == null ? OptionalLong.empty() : OptionalLong.of(generation);
      Result shown = PolicyListing.show(connection.address(), name, wanted);
      return root().format() == Format.YAML
          ? Result.of(JsonNodeFactory.instance.arrayNode().add(shown.json().path("document")), "")
          : shown;
    }
  }

  /** Withdraws policies. */
  @Command(
      name = "delete",
      description =
          "Withdraw policies: models that are registered from then on do not meet them. Runs that"
              + " have begun go on by what the policies said.")
  static final class Delete extends Task {
    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Policy names.")
    private List<String> names = new ArrayList<>();

    @Mixin private ConnectionOptions connection = new ConnectionOptions();

    @Override
    Result run() {
      return Publishing.withdraw(connection.address(), names);
    }
  }
}
