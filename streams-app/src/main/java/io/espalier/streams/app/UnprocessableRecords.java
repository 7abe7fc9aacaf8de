package io.espalier.streams.app;

import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.TransientFailures;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is refused to the dead letters and goes on; but failures of Kafka itself, of the
 * registry or of the coordinator's own state are not the record's fault, and stop the thread.
 */
public final class UnprocessableRecords implements ProcessingExceptionHandler {
  private static final Logger LOGGER = LoggerFactory.getLogger(UnprocessableRecords.class);

  private String deadLetters = "";

  @Override
  public void configure(Map<String, ?> settings) {
    deadLetters =
        Objects.toString(
            settings.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG), "");
  }

  @Override
  public Response handleError(
      ErrorHandlerContext context, Record<?, ?> refused, Exception exception) {
    if (exception instanceof KafkaException || TransientFailures.include(exception)) {
      return Response.fail();
    }
    LOGGER.warn(
        "record cannot be processed; topic={} partition={} offset={} step={}",
        context.topic(),
        context.partition(),
        context.offset(),
        context.processorNodeId(),
        exception);
    if (context.topic() == null) { // time passed, and no record is at hand
      return Response.resume();
    }
    return Response.resume(List.of(DeadLetter.of(deadLetters, record(context), exception)));
  }

  private static ConsumerRecord<byte[], byte[]> record(ErrorHandlerContext context) {
    byte[] key = context.sourceRawKey();
    byte[] value = context.sourceRawValue();
    return new ConsumerRecord<>(
        context.topic(),
        context.partition(),
        context.offset(),
        ConsumerRecord.NO_TIMESTAMP,
        TimestampType.NO_TIMESTAMP_TYPE,
        key == null ? -1 : key.length,
        value == null ? -1 : value.length,
        key,
        value,
        context.headers(),
        Optional.empty());
  }
}
