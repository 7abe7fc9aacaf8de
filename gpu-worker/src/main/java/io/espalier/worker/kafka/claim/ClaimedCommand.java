package io.espalier.worker.kafka.claim;

import io.espalier.event.StageCommand;
import io.espalier.schemas.CloudEvent;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A claimed command.
 *
 * @param command what to do
 * @param delivery how often the queue has delivered it, from 1
 * @param traceparent trace that it belongs to, if the command has one
 */
public record ClaimedCommand(StageCommand command, int delivery, Optional<Header> traceparent) {
  public static ClaimedCommand of(StageCommand command, ConsumerRecord<byte[], byte[]> record) {
    return new ClaimedCommand(
        command,
        record.deliveryCount().map(Short::intValue).orElse(1),
        Optional.ofNullable(record.headers().lastHeader(CloudEvent.TRACEPARENT)));
  }

  /** Names the attempt among all attempts of all runs. */
  public String id() {
    return String.format(
        Locale.ROOT, "%s/%d/%d", command.getRunId(), command.getStageIndex(), command.getAttempt());
  }

  /** Says in a log event which attempt it is about. */
  public LoggingEventBuilder describe(LoggingEventBuilder event) {
    return event
        .addKeyValue("runId", command.getRunId())
        .addKeyValue("model", command.getModelName())
        .addKeyValue("stage", command.getStageIndex())
        .addKeyValue("attempt", command.getAttempt())
        .addKeyValue("delivery", delivery);
  }
}
