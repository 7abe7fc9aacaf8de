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
import io.espalier.streams.domain.pool.PooledJob;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** Every topic and store of the coordinator as domain types. */
public final class CoordinatorTopics {
  private final Topics topics;

  /** The topics of an installation. */
  public CoordinatorTopics(Topics topics) {
    this.topics = topics;
  }

  /** Registered models. */
  public InboundTopic<Model> modelRegistered() {
    return inbound(topics.modelRegistered(), ModelMapping::fromAvro);
  }

  /** Returns what workers report. */
  public InboundTopic<ForRun> stageEvents() {
    return inbound(topics.stageEvents(), MessageMapping::report);
  }

  /** Returns what people ask of runs. */
  public InboundTopic<ForRun> runRequests() {
    return inbound(topics.runRequests(), MessageMapping::request);
  }

  /** Signs of life of workers. */
  public InboundTopic<ForPool> workerHeartbeats() {
    return inbound(topics.workerHeartbeats(), MessageMapping::heartbeat);
  }

  /** Policies, as bytes: {@link #policy} reads one, so that a bad one harms no other. */
  public InboundTopic<byte[]> pruningPolicies() {
    return new InboundTopic<>(topics.pruningPolicies().name(), Serdes.ByteArray());
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
    return ModelMapping.fromAvro(event);
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
  public OutboundTopic<Run> runs() {
    return outbound(topics.runs(), RunEventsMapping::run);
  }

  /** Results. */
  public OutboundTopic<Run> prunedModel() {
    return outbound(topics.prunedModel(), RunEventsMapping::pruned);
  }

  /** Runs that ended without a result. */
  public OutboundTopic<Run> modelRejected() {
    return outbound(topics.modelRejected(), RunEventsMapping::rejected);
  }

  /** Returns what registrations led to that began no run. */
  public OutboundTopic<TimedMessage<AnswerRegistration>> registrationAnswers() {
    return outbound(topics.registrationAnswers(), AnswerMapping::registration);
  }

  /** Commands that nobody awaits any more. */
  public OutboundTopic<TimedMessage<CloseCommands>> closedAttempts() {
    return outbound(topics.closedAttempts(), AnswerMapping::closed);
  }

  /** Records of policies that cannot be read, as they are. */
  public OutboundTopic<byte[]> rawDeadLetters() {
    return new OutboundTopic<>(topics.deadLetters(), Serdes.ByteArray().serializer());
  }

  /** Models in internal topics. */
  public Serde<Model> model() {
    return MappedSerde.ofEvent(new ModelRegistered(), ModelMapping::toAvro, ModelMapping::fromAvro);
  }

  /** Requests in internal topics. */
  public Serde<ForRun> request() {
    return MappedSerde.ofEvent(
        new RunRequest(), MessageMapping::toRequest, MessageMapping::request);
  }

  /** Registrations of runs that failed, in the bytes of their own topic. */
  public OutboundTopic<Model> deadLetters() {
    Serializer<ModelRegistered> avro = topics.modelRegistered().values().serializer();
    String source = topics.modelRegistered().name();
    return new OutboundTopic<>(
        topics.deadLetters(), (topic, model) -> avro.serialize(source, ModelMapping.toAvro(model)));
  }

  /** Commands; the topic depends on the job's pool. */
  public OutboundTopic<ReleasedJob> stageCommands() {
    Serializer<io.espalier.event.StageCommand> avro =
        topics.stageCommands("any").values().serializer();
    return new OutboundTopic<>(
        topics.prefix() + "stage-commands.",
        MappedSerde.writing(
            avro, released -> CommandMapping.toAvro(released.job(), released.at())));
  }

  /** Name of the topic of a pool's commands. */
  public String stageCommandsTopic(ReleasedJob released) {
    return topics.prefix() + "stage-commands." + released.job().pool();
  }

  /** Messages to pools, in internal topics. */
  public Serde<ForPool> forPool() {
    return MappedSerde.of(new PoolMessage(), MessageMapping::toAvro, MessageMapping::fromAvro);
  }

  /** Returns what is kept of runs, in their store. */
  public Serde<KeptRun> run() {
    return MappedSerde.of(new KeptRunRecord(), RunRecords::toRecord, RunRecords::fromRecord);
  }

  /** Jobs of pools, in their store. */
  public Serde<PooledJob> placed() {
    return MappedSerde.of(new PlacedJob(), PoolRecords::toRecord, PoolRecords::fromRecord);
  }

  private static <A, D> InboundTopic<D> inbound(Topic<A> topic, Function<A, D> map) {
    Deserializer<D> reading = MappedSerde.reading(topic.values().deserializer(), map);
    Serializer<D> none =
        (name, value) -> {
          throw new UnsupportedOperationException("the coordinator only reads " + name);
        };
    return new InboundTopic<>(topic.name(), Serdes.serdeFrom(none, reading));
  }

  private static <A, D> OutboundTopic<D> outbound(Topic<A> topic, Function<D, A> map) {
    return new OutboundTopic<>(topic.name(), MappedSerde.writing(topic.values().serializer(), map));
  }
}
