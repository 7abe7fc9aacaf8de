package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Lists of runs. */
public final class RunListing {
  private final RunFilter filter;
  private final OptionalInt width;

  /**
   * Lists of the runs that a filter lets pass.
   *
   * @param width how many letters a line may have; any number if absent
   */
  public RunListing(RunFilter filter, OptionalInt width) {
    this.filter = filter;
    this.width = width;
  }

  /** The runs as they are now, in the order of their beginning. */
  public Result now(Address address) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return now(cluster);
    }
  }

  private Result now(Cluster cluster) {
    var newest = new NewestRuns(filter);
    Portion portion = filter.since().map(Portion.all()::since).orElse(Portion.all());
    cluster.search(cluster.topics().runs(), portion, newest);
    return result(newest, Circumstances.of(cluster, newest.runs()));
  }

  /**
   * Tells the runs as they are now, and then each one that changes, until the thread is
   * interrupted.
   */
  public void follow(Address address, Consumer<Result> told) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp();
        TopicReader<Run> changes =
            cluster.read(cluster.topics().runs(), Portion.all().since(Instant.now()))) {
      told.accept(now(cluster));
      while (!Thread.currentThread().isInterrupted()) {
        for (TopicReader.Entry<Run> change : poll(changes)) {
          change
              .value()
              .filter(filter::accepts)
              .map(run -> change(run, Circumstances.of(cluster, List.of(run))))
              .ifPresent(told);
        }
      }
    }
  }

  /** Who looks on has time to wait for a registry that comes back. */
  private static List<TopicReader.Entry<Run>> poll(TopicReader<Run> reader) {
    try {
      return reader.poll();
    } catch (RegistryUnavailableException away) {
      return List.of();
    }
  }

  /** Runs that were found, as a table and as JSON. */
  Result result(NewestRuns newest, Circumstances around) {
    List<Run> runs = newest.runs();
    TextTable table = table();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("runs");
    for (Run run : runs) {
      var view = new RunView(run, around);
      nodes.add(view.json());
      row(table, view);
    }
    json.put("more", newest.hasMore());
    String text = runs.isEmpty() ? "no runs" : fitting(table).toString();
    String more =
        "\nthe newest %d; --limit lists more, --state, --policy, --model and --since look for some"
            .formatted(runs.size());
    return Result.of(json, newest.hasMore() ? text + more : text)
        .withNames(runs.stream().map(Run::getRunId).toList());
  }

  /** A run that has changed, as a line and as JSON. */
  Result change(Run run, Circumstances around) {
    TextTable table = table();
    var view = new RunView(run, around);
    row(table, view);
    return Result.of(view.json(), fitting(table).lastLine()).withNames(List.of(run.getRunId()));
  }

  private TextTable fitting(TextTable table) {
    return width.isPresent() ? table.within(width.getAsInt()) : table;
  }

  private static TextTable table() {
    return new TextTable(
        "run", "model", "policy", "state", "stage", "attempt", "progress", "age", "reason");
  }

  private static void row(TextTable table, RunView view) {
    Run run = view.run();
    table.row(
        Runs.shortId(run),
        run.getModelName() + "@" + run.getModelVersion(),
        run.getPolicyName(),
        Events.words(run.getState()),
        view.stages(),
        Integer.toString(run.getAttempt()),
        view.percent().isPresent() ? view.percent().getAsInt() + " %" : "",
        Figures.brief(view.age()),
        view.reason());
  }
}
