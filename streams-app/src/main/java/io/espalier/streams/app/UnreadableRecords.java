package io.espalier.streams.app;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;

/**
 * Sends what cannot be read to the dead letters and goes on; but when the registry cannot be
 * reached nothing can be read, and no record is to blame: then the thread stops and tries again.
 */
public final class UnreadableRecords extends LogAndContinueExceptionHandler {
  @Override
  public Response handleError(
      ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> found, Exception exception) {
    return Transient.is(exception) ? Response.fail() : super.handleError(context, found, exception);
  }
}
