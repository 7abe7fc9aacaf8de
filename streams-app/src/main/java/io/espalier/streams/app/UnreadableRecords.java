package io.espalier.streams.app;

import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.TransientFailures;
import io.espalier.streams.wire.UnreadableStateException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what cannot be read to the dead letters and goes on. When the registry cannot be reached no
 * record is to blame, and the coordinator's own messages must never be left out: then the thread
 * stops.
 */
public final class UnreadableRecords implements DeserializationExceptionHandler {
  private static final Logger LOGGER = LoggerFactory.getLogger(UnreadableRecords.class);

  private String deadLetters = "";

  @Override
  public void configure(Map<String, ?> settings) {
    deadLetters =
        Objects.toString(
            settings.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG), "");
  }

  @Override
  public Response handleError(
      ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> found, Exception exception) {
    if (TransientFailures.include(exception) || UnreadableStateException.causes(exception)) {
      return Response.fail();
    }
    LOGGER.warn(
        "record cannot be read; topic={} partition={} offset={} cause={}",
        found.topic(),
        found.partition(),
        found.offset(),
        exception.getMessage());
    return Response.resume(List.of(DeadLetter.of(deadLetters, found, exception)));
  }
}
