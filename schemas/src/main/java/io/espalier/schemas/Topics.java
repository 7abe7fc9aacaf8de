package io.espalier.schemas;

import static io.espalier.schemas.TopicSettings.Cleanup.COMPACT;
import static io.espalier.schemas.TopicSettings.Cleanup.COMPACT_AND_DELETE;
import static io.espalier.schemas.TopicSettings.Cleanup.DELETE;
import static io.espalier.schemas.TopicSettings.received;
import static io.espalier.schemas.TopicSettings.written;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.ModelRegistered;
import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.PruningPolicy;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.WorkerHeartbeat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Every topic of an installation.
 *
 * <p>Topics whose records meet in one keyed store must have equal partition counts, or a run's
 * state would split without a word: model-registered, run-requests, stage-events and
 * worker-heartbeats are all created with {@code partitions}.
 */
public final class Topics {
  /** Prefix of topic names unless configured otherwise. */
  public static final String DEFAULT_PREFIX = "espalier.";

  /** Partitions of the keyed topics unless configured otherwise. */
  public static final int DEFAULT_PARTITIONS = 6;

  private final String prefix;
  private final int partitions;

  private final RegistryCalls calls;

  private final Topic<ModelRegistered> modelRegistered;
  private final Topic<RegistrationAnswer> registrationAnswers;
  private final Topic<PruningPolicy> pruningPolicies;
  private final Topic<RunRequest> runRequests;
  private final Topic<ClosedAttempts> closedAttempts;
  private final Topic<StageEvent> stageEvents;
  private final Topic<WorkerHeartbeat> workerHeartbeats;
  private final Topic<Run> runs;
  private final Topic<PrunedModel> prunedModel;
  private final Topic<ModelRejected> modelRejected;

  /**
   * The topics with a prefix, their schemas in a registry.
   *
   * @param prefix put before every topic name, such as {@code espalier.}
   * @param registry where the schemas are
   * @param partitions partitions of the keyed topics, for creating them
   */
  public Topics(String prefix, SchemaRegistry registry, int partitions) {
    this.prefix = prefix;
    this.partitions = partitions;
    this.calls = registry.calls();
    modelRegistered = topic("model-registered", ModelRegistered.class, received(DELETE));
    registrationAnswers = topic("registration-answers", RegistrationAnswer.class, written(DELETE));
    pruningPolicies = topic("pruning-policies", PruningPolicy.class, received(COMPACT));
    runRequests = topic("run-requests", RunRequest.class, received(DELETE));
    closedAttempts = topic("closed-attempts", ClosedAttempts.class, written(COMPACT_AND_DELETE));
    stageEvents = topic("stage-events", StageEvent.class, TopicSettings.reported());
    workerHeartbeats =
        topic("worker-heartbeats", WorkerHeartbeat.class, TopicSettings.signsOfLife());
    runs = topic("runs", Run.class, written(COMPACT));
    prunedModel = topic("pruned-model", PrunedModel.class, written(DELETE));
    modelRejected = topic("model-rejected", ModelRejected.class, written(DELETE));
  }

  /** A model version has landed; keyed by model name. */
  public Topic<ModelRegistered> modelRegistered() {
    return modelRegistered;
  }

  /** Returns what registrations led to that began no run; keyed by model name. */
  public Topic<RegistrationAnswer> registrationAnswers() {
    return registrationAnswers;
  }

  /** The policies; keyed by policy name, a null value withdraws one. */
  public Topic<PruningPolicy> pruningPolicies() {
    return pruningPolicies;
  }

  /** Returns what people ask of runs; keyed by run id. */
  public Topic<RunRequest> runRequests() {
    return runRequests;
  }

  /** Commands that nobody awaits any more; keyed by run id. */
  public Topic<ClosedAttempts> closedAttempts() {
    return closedAttempts;
  }

  /**
   * Commands for the workers of one pool; keyed by run id, read through a share group.
   *
   * <p>It has one partition, which every worker of the pool reads. With more partitions than
   * workers, a share group gives each partition to a single worker, and those of a worker that was
   * killed to nobody else before its session has timed out, 45 s later.
   */
  public Topic<StageCommand> stageCommands(String pool) {
    return topic("stage-commands." + pool, StageCommand.class, written(DELETE), 1);
  }

  /** Returns what workers report; keyed by run id. */
  public Topic<StageEvent> stageEvents() {
    return stageEvents;
  }

  /** Signs of life of the workers; keyed by pool. */
  public Topic<WorkerHeartbeat> workerHeartbeats() {
    return workerHeartbeats;
  }

  /** The runs as people see them; keyed by run id. */
  public Topic<Run> runs() {
    return runs;
  }

  /** Results; keyed by model name. */
  public Topic<PrunedModel> prunedModel() {
    return prunedModel;
  }

  /** Runs that ended without a result; keyed by model name. */
  public Topic<ModelRejected> modelRejected() {
    return modelRejected;
  }

  /**
   * Asks the registry for every version of every schema, so that it may be away afterwards.
   *
   * @throws RegistryUnavailableException if it does not answer
   */
  public void learnSchemas() {
    for (Topic<?> topic : all(List.of())) {
      List<Integer> versions =
          calls.answer(
              "the versions of " + topic.subject(),
              () -> calls.client().getAllVersions(topic.subject()));
      for (int version : versions) {
        calls.answer(
            "version %d of %s".formatted(version, topic.subject()),
            () -> {
              int id = calls.client().getSchemaMetadata(topic.subject(), version).getId();
              return calls.client().getSchemaById(id);
            });
      }
    }
  }

  /** Name of the topic of raw records that could not be read or processed, with cause headers. */
  public String deadLetters() {
    return prefix + "dead-letters";
  }

  /** Put before every topic name. */
  public String prefix() {
    return prefix;
  }

  /** Every topic with a schema, the commands of the given pools included. */
  public List<Topic<?>> all(List<String> pools) {
    return Stream.concat(
            Stream.<Topic<?>>of(
                modelRegistered,
                registrationAnswers,
                pruningPolicies,
                runRequests,
                closedAttempts,
                stageEvents,
                workerHeartbeats,
                runs,
                prunedModel,
                modelRejected),
            pools.stream().map(this::stageCommands))
        .toList();
  }

  private <V extends SpecificRecord> Topic<V> topic(
      String name, Class<V> type, TopicSettings settings) {
    return topic(name, type, settings, partitions);
  }

  private <V extends SpecificRecord> Topic<V> topic(
      String name, Class<V> type, TopicSettings settings, int ofTopic) {
    Schema schema = SpecificData.get().getSchema(type);
    var event = new SchemaRegistry.Event<>(type, schema, settings);
    return new Topic<>(
        prefix + name, SchemaRegistry.serde(calls, event), schema, ofTopic, settings);
  }
}
