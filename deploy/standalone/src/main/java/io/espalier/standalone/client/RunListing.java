package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.event.StageProgressed;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Lists of runs. */
public final class RunListing {
  /** A worker tells how far it is each second; that often it is worth a line. */
  private static final int PERCENT_A_LINE = 10;

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
    NewestRuns newest = find(cluster);
    return result(newest, Circumstances.of(cluster, newest.runs()));
  }

  private NewestRuns find(Cluster cluster) {
    var newest = new NewestRuns(filter);
    Portion portion = filter.since().map(Portion.all()::since).orElse(Portion.all());
    cluster.search(cluster.topics().runs(), portion, newest);
    return newest;
  }

  /**
   * Tells the runs as they are now, and then each one that changes, until the thread is
   * interrupted.
   */
  public void follow(Address address, Consumer<Result> told) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp();
        TopicReader<Run> changes =
            cluster.read(cluster.topics().runs(), Portion.all().since(Instant.now()))) {
      NewestRuns newest = find(cluster);
      Circumstances around = Circumstances.of(cluster, newest.runs());
      told.accept(result(newest, around));
      var list = new Changes(table(newest.runs(), around));
      while (!Thread.currentThread().isInterrupted()) {
        for (TopicReader.Entry<Run> entry : poll(changes)) {
          entry
              .value()
              .filter(filter::accepts)
              .map(run -> new RunView(run, Circumstances.of(cluster, List.of(run))))
              .flatMap(list::line)
              .ifPresent(told);
        }
      }
    }
  }

  /** Returns who looks on has time to wait for a registry that comes back. */
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
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("runs");
    runs.forEach(run -> nodes.add(new RunView(run, around).json()));
    json.put("more", newest.hasMore());
    String text = runs.isEmpty() ? "no runs" : fitting(table(runs, around)).toString();
    String more =
        "\nthe newest %d; --limit lists more, --state, --policy, --model and --since look for some"
            .formatted(runs.size());
    return Result.of(json, newest.hasMore() ? text + more : text)
        .withNames(runs.stream().map(Run::getRunId).toList());
  }

  /** The changes of runs below a list of them. */
  final class Changes {
    private final TextTable list;
    private final Map<String, String> told = new HashMap<>();

    Changes(TextTable list) {
      this.list = list;
    }

    /** A run as a line of the list and as JSON; empty if it has hardly got any further. */
    Optional<Result> line(RunView view) {
      Run run = view.run();
      String standing =
          "%s %d %d %d %s"
              .formatted(
                  run.getState(),
                  view.stage(),
                  run.getAttempt(),
                  view.percent().orElse(0) / PERCENT_A_LINE,
                  view.progress().map(StageProgressed::getPhase).orElse(""));
      if (standing.equals(told.put(run.getRunId(), standing))) {
        return Optional.empty();
      }
      return Optional.of(
          Result.of(view.json(), fitting(list.and(cells(view))).lastLine())
              .withNames(List.of(run.getRunId())));
    }
  }

  private TextTable fitting(TextTable table) {
    return width.isPresent() ? table.within(width.getAsInt()) : table;
  }

  static TextTable table(List<Run> runs, Circumstances around) {
    var table =
        new TextTable(
            "run", "model", "policy", "state", "stage", "attempt", "progress", "age", "reason");
    runs.forEach(run -> table.row(cells(new RunView(run, around))));
    return table;
  }

  private static String[] cells(RunView view) {
    Run run = view.run();
    return new String[] {
      Runs.shortId(run),
      run.getModelName() + "@" + run.getModelVersion(),
      run.getPolicyName(),
      Events.words(run.getState()),
      view.stages(),
      Integer.toString(run.getAttempt()),
      view.percent().isPresent() ? view.percent().getAsInt() + " %" : "",
      Figures.brief(view.age()),
      view.reason()
    };
  }
}
