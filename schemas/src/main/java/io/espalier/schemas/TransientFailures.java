package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Tells failures that pass by themselves from those that stay. The one classification of the
 * system: a broker or registry that does not answer, or answers with a failure, is transient; bytes
 * that are no event ({@link UnreadableEventException}) are not.
 */
public final class TransientFailures {
  private static final Set<Class<? extends Throwable>> PASSING =
      Set.of(
          RetriableException.class,
          ProducerFencedException.class,
          InvalidProducerEpochException.class,
          AuthenticationException.class,
          AuthorizationException.class,
          RestClientException.class,
          SocketException.class,
          SocketTimeoutException.class,
          HttpTimeoutException.class,
          UnknownHostException.class,
          java.util.concurrent.TimeoutException.class);

  /** Words of Kafka's producer (4.3) once a commit was not answered in time. */
  private static final String UNANSWERED = "timed out and must be retried";

  private TransientFailures() {}

  /** Returns whether the same thing may work a little later, however deep the cause is wrapped. */
  public static boolean include(Throwable thrown) {
    Set<Throwable> causes = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable cause = thrown; cause != null && causes.add(cause); cause = cause.getCause()) {
      if (cause instanceof UnreadableEventException) {
        return false;
      }
    }
    return causes.stream()
        .anyMatch(
            cause ->
                PASSING.stream().anyMatch(kind -> kind.isInstance(cause)) || isUnanswered(cause));
  }

  /**
   * A producer whose commit was not answered refuses every other call, which Kafka Streams makes
   * after the brokers were away for a minute. Another producer works when they are back.
   */
  private static boolean isUnanswered(Throwable cause) {
    return cause instanceof IllegalStateException
        && String.valueOf(cause.getMessage()).contains(UNANSWERED);
  }
}
