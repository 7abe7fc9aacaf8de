package io.espalier.streams.topology;

import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.streams.wire.ReleasedJob;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/** The topic of the commands of a job's pool. */
final class PoolTopic implements TopicNameExtractor<String, ReleasedJob> {
  private final CoordinatorTopics wire;

  PoolTopic(CoordinatorTopics wire) {
    this.wire = wire;
  }

  @Override
  public String extract(String runId, ReleasedJob released, RecordContext context) {
    return wire.stageCommandsTopic(released);
  }

  /** Stands in the topology's description, so it must not change from run to run. */
  @Override
  public String toString() {
    return "stage-commands.<pool>";
  }
}
