package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.schemas.Installation;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.DataUri;
import io.espalier.standalone.report.Result;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Creates and sets the topics, registers the schemas and marks artifact stores. */
@Command(
    name = "setup",
    description =
        "Create the topics that are missing, set those that are there as they should be, register"
            + " the schemas (FULL_TRANSITIVE), and mark where artifacts are stored.")
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
      description =
          "Partitions of each topic, but for commands, which have one. Default: ${DEFAULT-VALUE}.")
  private int partitions;

  @Option(
      names = "--replication",
      description = "Copies of each record. Default: 3, or one on each broker if there are fewer.")
  private Optional<Short> replication = Optional.empty();

  @Option(
      names = "--artifacts",
      paramLabel = "URI",
      description =
          "Where workers publish, as a path or a file: URI; gets the file .espalier-store, without"
              + " which no worker writes there. Repeat for several.")
  private List<String> artifacts = List.of();

  @Override
  Result run() {
    List<URI> stores = artifacts.stream().map(DataUri::of).toList();
    try (Cluster cluster = Cluster.connect(connection.address())) {
      Installation.Added added =
          cluster.setUp(pools, partitions, replication.orElseGet(cluster::usualReplication));
      var json = JsonNodeFactory.instance.objectNode();
      added.topics().forEach(json.putArray("topics")::add);
      added.subjects().forEach(json.putArray("subjects")::add);
      added.changed().forEach(json.putArray("changed")::add);
      added.divided().forEach(json.putArray("divided")::add);
      stores.forEach(StoreMarker::write);
      stores.forEach(store -> json.withArray("stores").add(store.toString()));
      return Result.of(json, text(added, stores));
    }
  }

  private static String text(Installation.Added added, List<URI> stores) {
    List<String> lines = new ArrayList<>();
    line("created topics", added.topics(), lines);
    line("changed settings of topics", added.changed(), lines);
    line("registered schemas", added.subjects(), lines);
    line(
        "these have several partitions, so what a killed worker had is given to another only after"
            + " 45 s; while nothing waits or runs, delete them and run setup again",
        added.divided(),
        lines);
    line("marked artifact stores", stores.stream().map(URI::toString).toList(), lines);
    return lines.isEmpty() ? "nothing was missing" : String.join("\n", lines);
  }

  private static void line(String what, List<String> names, List<String> lines) {
    if (!names.isEmpty()) {
      lines.add(what + ": " + String.join(", ", names));
    }
  }
}
