package io.espalier.streams.wire;

import io.espalier.event.ModelRegistered;
import io.espalier.event.RunRequest;
import io.espalier.event.state.KeptRunRecord;
import io.espalier.event.state.PlacedJob;
import io.espalier.event.state.PoolMessage;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.Placed;
import io.espalier.streams.domain.run.Effect.AnswerRegistration;
import io.espalier.streams.domain.run.Effect.CloseCommands;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Every topic and store of the coordinator as domain types. */
public final class Wire {
  private final Topics topics;

  /** The topics of an installation. */
  public Wire(Topics topics) {
    this.topics = topics;
  }

  /** Registered models. */
  public Inbound<Model> modelRegistered() {
    return inbound(topics.modelRegistered(), Models::fromAvro);
  }

  /** What workers report. */
  public Inbound<ForRun> stageEvents() {
    return inbound(topics.stageEvents(), Messages::report);
  }

  /** What people ask of runs. */
  public Inbound<ForRun> runRequests() {
    return inbound(topics.runRequests(), Messages::request);
  }

  /** Signs of life of workers. */
  public Inbound<ForPool> workerHeartbeats() {
    return inbound(topics.workerHeartbeats(), Messages::heartbeat);
  }

  /** Policies, as bytes: {@link #policy} reads one, so that a bad one harms no other. */
  public Inbound<byte[]> pruningPolicies() {
    return new Inbound<>(topics.pruningPolicies().name(), Serdes.ByteArray());
  }

  /** Reads one record of the policies' topic. */
  public Policy policy(byte[] bytes) {
    Topic<io.espalier.event.PruningPolicy> topic = topics.pruningPolicies();
    return PolicyMapping.fromAvro(topic.values().deserializer().deserialize(topic.name(), bytes));
  }

  /**
   * Reads a registration as the coordinator does.
   *
   * @throws io.espalier.streams.domain.RefusedException naming everything that is wrong with it
   */
  public static Model read(ModelRegistered event) {
    return Models.fromAvro(event);
  }

  /**
   * Reads a policy as the coordinator does.
   *
   * @throws io.espalier.streams.domain.RefusedException naming what is wrong with it
   */
  public static Policy read(io.espalier.event.PruningPolicy event) {
    return PolicyMapping.fromAvro(event);
  }

  /** Runs as people see them. */
  public Outbound<Run> runs() {
    return outbound(topics.runs(), RunViews::run);
  }

  /** Results. */
  public Outbound<Run> prunedModel() {
    return outbound(topics.prunedModel(), RunViews::pruned);
  }

  /** Runs that ended without a result. */
  public Outbound<Run> modelRejected() {
    return outbound(topics.modelRejected(), RunViews::rejected);
  }

  /** What registrations led to that began no run. */
  public Outbound<Told<AnswerRegistration>> registrationAnswers() {
    return outbound(topics.registrationAnswers(), Answers::registration);
  }

  /** Commands that nobody awaits any more. */
  public Outbound<Told<CloseCommands>> closedAttempts() {
    return outbound(topics.closedAttempts(), Answers::closed);
  }

  /** Records of policies that cannot be read, as they are. */
  public Outbound<byte[]> rawDeadLetters() {
    return new Outbound<>(topics.deadLetters(), Serdes.ByteArray().serializer());
  }

  /** Models in internal topics. */
  public Serde<Model> model() {
    return MappedSerde.ofEvent(new ModelRegistered(), Models::toAvro, Models::fromAvro);
  }

  /** Requests in internal topics. */
  public Serde<ForRun> request() {
    return MappedSerde.ofEvent(new RunRequest(), Messages::toRequest, Messages::request);
  }

  /** Registrations of runs that failed, in the bytes of their own topic. */
  public Outbound<Model> deadLetters() {
    Serializer<ModelRegistered> avro = topics.modelRegistered().values().serializer();
    String source = topics.modelRegistered().name();
    return new Outbound<>(
        topics.deadLetters(), (topic, model) -> avro.serialize(source, Models.toAvro(model)));
  }

  /** Commands; the topic depends on the job's pool. */
  public Outbound<Released> stageCommands() {
    Serializer<io.espalier.event.StageCommand> avro =
        topics.stageCommands("any").values().serializer();
    return new Outbound<>(
        topics.prefix() + "stage-commands.",
        MappedSerde.writing(avro, released -> Commands.toAvro(released.job(), released.at())));
  }

  /** Name of the topic of a pool's commands. */
  public String stageCommandsTopic(Released released) {
    return topics.prefix() + "stage-commands." + released.job().pool();
  }

  /** Messages to pools, in internal topics. */
  public Serde<ForPool> forPool() {
    return MappedSerde.of(new PoolMessage(), Messages::toAvro, Messages::fromAvro);
  }

  /** What is kept of runs, in their store. */
  public Serde<KeptRun> run() {
    return MappedSerde.of(new KeptRunRecord(), RunRecords::toRecord, RunRecords::fromRecord);
  }

  /** Jobs of pools, in their store. */
  public Serde<Placed> placed() {
    return MappedSerde.of(new PlacedJob(), PoolRecords::toRecord, PoolRecords::fromRecord);
  }

  private static <A, D> Inbound<D> inbound(Topic<A> topic, Function<A, D> map) {
    Deserializer<D> reading = MappedSerde.reading(topic.values().deserializer(), map);
    Serializer<D> none =
        (name, value) -> {
          throw new UnsupportedOperationException("the coordinator only reads " + name);
        };
    return new Inbound<>(topic.name(), Serdes.serdeFrom(none, reading));
  }

  private static <A, D> Outbound<D> outbound(Topic<A> topic, Function<D, A> map) {
    return new Outbound<>(topic.name(), MappedSerde.writing(topic.values().serializer(), map));
  }
}
