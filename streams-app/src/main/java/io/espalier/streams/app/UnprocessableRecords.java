package io.espalier.streams.app;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Sends what is refused to the dead letters and goes on; but failures of Kafka itself or of the
 * registry are not the record's fault, and stop the thread.
 */
public final class UnprocessableRecords extends LogAndContinueProcessingExceptionHandler {
  @Override
  public Response handleError(
      ErrorHandlerContext context, Record<?, ?> refused, Exception exception) {
    return exception instanceof KafkaException || Transient.is(exception)
        ? Response.fail()
        : super.handleError(context, refused, exception);
  }
}
