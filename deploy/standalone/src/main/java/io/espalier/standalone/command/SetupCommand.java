package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.schemas.Installation;
import io.espalier.standalone.client.Cluster;
import io.espalier.standalone.report.Result;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Creates the topics that are missing and registers the schemas. */
@Command(
    name = "setup",
    description = "Create the topics that are missing and register the schemas (FULL_TRANSITIVE).")
final class SetupCommand extends Task {
  @Mixin private ConnectionOptions connection = new ConnectionOptions();

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Pool of workers; repeat for several. Default: default.")
  private List<String> pools = List.of();

  @Option(
      names = "--partitions",
      defaultValue = "6",
      description = "Partitions of each topic. Default: ${DEFAULT-VALUE}.")
  private int partitions;

  @Option(
      names = "--replication",
      defaultValue = "1",
      description = "Copies of each record; 3 in production. Default: ${DEFAULT-VALUE}.")
  private short replication;

  @Override
  Result run() {
    try (Cluster cluster = Cluster.connect(connection.address())) {
      Installation.Added added = cluster.setUp(pools, partitions, replication);
      var json = JsonNodeFactory.instance.objectNode();
      added.topics().forEach(json.putArray("topics")::add);
      added.subjects().forEach(json.putArray("subjects")::add);
      return Result.of(json, text(added));
    }
  }

  private static String text(Installation.Added added) {
    if (added.topics().isEmpty() && added.subjects().isEmpty()) {
      return "nothing was missing";
    }
    return "created topics: %s\nregistered schemas: %s"
        .formatted(String.join(", ", added.topics()), String.join(", ", added.subjects()));
  }
}
