package io.espalier.streams.topology;

import static org.apache.kafka.streams.kstream.Named.as;

import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.wire.Inbound;
import io.espalier.streams.wire.Outbound;
import io.espalier.streams.wire.Wire;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Repartitioned;

/**
 * From registered models to pruned-model events, one statement per step.
 *
 * <p>A model meets the policies, each match becomes a run, each run advances by what it hears and
 * puts jobs into its pool's line, and each pool releases jobs as its workers have slots. Streams
 * that are merged meet in one keyed store, so their topics need equal numbers of partitions:
 * merging does not check that, the coordinator does when it starts.
 */
public final class OptimizationTopology {
  private final Wire wire;
  private final TopologySettings settings;

  private OptimizationTopology(Wire wire, TopologySettings settings) {
    this.wire = wire;
    this.settings = settings;
  }

  /** The topology; nothing is started. */
  public static Topology build(Wire wire, TopologySettings settings, TopologyConfig config) {
    return new OptimizationTopology(wire, settings).build(new StreamsBuilder(config));
  }

  private Topology build(StreamsBuilder builder) {
    var policies = new PolicyBook(wire);
    policies.readInto(builder);

    var registered = wire.modelRegistered().stream(builder, "models-registered");
    var reported = wire.stageEvents().stream(builder, "stages-reported");
    var requested = wire.runRequests().stream(builder, "runs-requested");
    var alive = wire.workerHeartbeats().stream(builder, "workers-alive");
    var released = releases().stream(builder, "jobs-released");

    var planned = registered.process(new MatchPolicies(policies), as("match-policies"));
    var runEvents = byRun(planned).merge(reported, as("add-reports"));
    runEvents = runEvents.merge(requested, as("add-requests")).merge(released, as("add-releases"));
    var decisions = runEvents.process(advanceRuns(), as("advance-runs"));

    var jobs = decisions.process(Announce.jobs(), as("announce-jobs"));
    var poolEvents = byPool(jobs).merge(alive, as("add-workers"));
    var turns =
        poolEvents.process(new DispatchJobs(wire, settings.poolHasTopic()), as("dispatch-jobs"));

    send(decisions.process(Announce.runs(), as("announce-runs")), wire.runs(), "runs");
    send(decisions.process(Announce.pruned(), as("announce-pruned")), wire.prunedModel(), "pruned");
    send(
        decisions.process(Announce.rejected(), as("announce-rejected")),
        wire.modelRejected(),
        "rejected");
    send(
        decisions.process(Announce.deadLetters(), as("announce-dead-letters")),
        wire.deadLetters(),
        "dead-letters");
    send(turns.process(Announce.releases(), as("announce-releases")), releasing(), "job-releases");
    wire.stageCommands()
        .send(
            turns.process(Announce.commands(), as("announce-commands")),
            new PoolTopic(wire),
            "send-commands");
    return builder.build();
  }

  private AdvanceRuns advanceRuns() {
    return new AdvanceRuns(wire, new RunMachine(settings.runs()), settings.timerInterval());
  }

  private KStream<String, ForRun> byRun(KStream<String, ForRun> planned) {
    return planned.repartition(repartitioned("plans-by-run", wire.forRun()));
  }

  private KStream<String, ForPool> byPool(KStream<String, ForPool> jobs) {
    return jobs.repartition(repartitioned("jobs-by-pool", wire.forPool()));
  }

  private <V> Repartitioned<String, V> repartitioned(String name, Serde<V> values) {
    return Repartitioned.with(Serdes.String(), values)
        .withName(name)
        .withNumberOfPartitions(settings.partitions());
  }

  /** A pool's answer goes back to the run: a circle, which takes a topic of its own. */
  private Inbound<ForRun> releases() {
    return new Inbound<>(settings.releasesTopic(), wire.forRun());
  }

  private Outbound<ForRun> releasing() {
    return new Outbound<>(settings.releasesTopic(), wire.forRun().serializer());
  }

  private static <V> void send(KStream<String, V> records, Outbound<V> topic, String name) {
    topic.send(records, "send-" + name);
  }
}
