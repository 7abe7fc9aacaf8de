package io.espalier.streams.topology;

import io.espalier.streams.wire.Released;
import io.espalier.streams.wire.Wire;
import org.apache.kafka.streams.processor.RecordContext;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/** The topic of the commands of a job's pool. */
final class PoolTopic implements TopicNameExtractor<String, Released> {
  private final Wire wire;

  PoolTopic(Wire wire) {
    this.wire = wire;
  }

  @Override
  public String extract(String runId, Released released, RecordContext context) {
    return wire.stageCommandsTopic(released);
  }

  /** Stands in the topology's description, so it must not change from run to run. */
  @Override
  public String toString() {
    return "stage-commands.<pool>";
  }
}
