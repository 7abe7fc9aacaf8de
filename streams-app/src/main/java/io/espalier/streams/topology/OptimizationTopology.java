package io.espalier.streams.topology;

import static org.apache.kafka.streams.kstream.Named.as;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.streams.wire.OutboundTopic;
import java.util.function.Function;
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
 * <p>A model meets the policies, each match becomes a run in the same partition, each run advances
 * by what it hears and puts jobs into its pool's line, and each pool releases jobs as its workers
 * have slots. Streams that are merged meet in one keyed store, so their topics need equal numbers
 * of partitions: merging does not check that, the coordinator does when it starts.
 *
 * <p>A registration costs five records: the run in its store, the run as people see it, the job on
 * its way to the pool, the job in the pool's store, the command.
 */
public final class OptimizationTopology {
  private final CoordinatorTopics wire;
  private final TopologySettings settings;

  private OptimizationTopology(CoordinatorTopics wire, TopologySettings settings) {
    this.wire = wire;
    this.settings = settings;
  }

  /** The topology; nothing is started. */
  public static Topology build(
      CoordinatorTopics wire, TopologySettings settings, TopologyConfig config) {
    return new OptimizationTopology(wire, settings).build(new StreamsBuilder(config));
  }

  private Topology build(StreamsBuilder builder) {
    var policies = new PolicyBook(wire);
    policies.readInto(builder);

    var registered = registrations(builder);
    var reported = wire.stageEvents().stream(builder, "stages-reported");
    var requested = requests(builder);
    var alive = wire.workerHeartbeats().stream(builder, "workers-alive");

    var planned = registered.process(new MatchPolicies(policies, settings), as("match-policies"));
    var runEvents = planned.merge(reported, as("add-reports")).merge(requested, as("add-requests"));
    var turns = runEvents.process(advanceRuns(), as("advance-runs"));
    announce(turns);

    var jobs = turns.process(OutboundRecords.jobs(), as("announce-jobs"));
    var poolEvents = byPool(jobs).merge(alive, as("add-workers"));
    var dispatched = poolEvents.process(dispatchJobs(), as("dispatch-jobs"));
    wire.stageCommands()
        .send(
            dispatched.process(OutboundRecords.commands(), as("announce-commands")),
            new PoolTopic(wire),
            "send-commands");

    var unreadable = registered.process(new ReportPolicies(policies), as("report-policies"));
    send(unreadable, wire.rawDeadLetters(), "policies-to-dead-letters");
    return builder.build();
  }

  private void announce(KStream<String, RunTurn> turns) {
    send(turns.process(OutboundRecords.runs(), as("announce-runs")), wire.runs(), "runs");
    send(
        turns.process(OutboundRecords.pruned(), as("announce-pruned")),
        wire.prunedModel(),
        "pruned");
    send(
        turns.process(OutboundRecords.rejected(), as("announce-rejected")),
        wire.modelRejected(),
        "rejected");
    send(
        turns.process(OutboundRecords.deadLetters(), as("announce-dead-letters")),
        wire.deadLetters(),
        "dead-letters");
    send(
        turns.process(OutboundRecords.answers(), as("announce-answers")),
        wire.registrationAnswers(),
        "answers");
    send(
        turns.process(OutboundRecords.closed(), as("announce-closed")),
        wire.closedAttempts(),
        "closed");
  }

  private AdvanceRuns advanceRuns() {
    RunMachine machine = new RunMachine(settings.runs(), settings.outside().tokens());
    return new AdvanceRuns(wire, machine, settings);
  }

  private DispatchJobs dispatchJobs() {
    return new DispatchJobs(wire, settings.outside().poolHasTopic(), settings.outside().inputs());
  }

  private KStream<String, Model> registrations(StreamsBuilder builder) {
    var found = wire.modelRegistered().stream(builder, "models-registered");
    return atHome(found, model -> model.ref().name(), new Way<>("models", wire.model()));
  }

  private KStream<String, ForRun> requests(StreamsBuilder builder) {
    var found = wire.runRequests().stream(builder, "runs-requested");
    return atHome(found, ForRun::runId, new Way<>("requests", wire.request()));
  }

  /**
   * The way of records that lie in another partition than that of their key.
   *
   * @param name what goes there
   * @param values how they are written
   */
  private record Way<V>(String name, Serde<V> values) {}

  /** Every record in the partition of its key: those that lie elsewhere take a topic more. */
  private <V> KStream<String, V> atHome(
      KStream<String, V> found, Function<V, String> key, Way<V> way) {
    var located =
        found.process(LocatedRecord.by(key, settings.partitions()), as("locate-" + way.name()));
    var here =
        located
            .filter((k, v) -> v.atHome(), as(way.name() + "-at-home"))
            .mapValues(LocatedRecord::value, as("take-" + way.name() + "-at-home"));
    var elsewhere =
        located
            .filterNot((k, v) -> v.atHome(), as(way.name() + "-elsewhere"))
            .mapValues(LocatedRecord::value, as("take-" + way.name() + "-elsewhere"));
    var sentHome = elsewhere.repartition(repartitioned(way.name() + "-sent-home", way.values()));
    return here.merge(sentHome, as("all-" + way.name()));
  }

  private KStream<String, ForPool> byPool(KStream<String, ForPool> jobs) {
    return jobs.repartition(repartitioned("jobs-by-pool", wire.forPool()));
  }

  private <V> Repartitioned<String, V> repartitioned(String name, Serde<V> values) {
    return Repartitioned.with(Serdes.String(), values)
        .withName(name)
        .withNumberOfPartitions(settings.partitions());
  }

  private static <V> void send(KStream<String, V> records, OutboundTopic<V> topic, String name) {
    topic.send(records, "send-" + name);
  }
}
