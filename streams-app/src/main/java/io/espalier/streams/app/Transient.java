package io.espalier.streams.app;

import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RetriableException;

/** Tells what will pass from what will not. */
final class Transient {
  private static final int SERVER_ERROR = 500;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final Set<Class<? extends Throwable>> PASSING =
      Set.of(
          RetriableException.class,
          ProducerFencedException.class,
          InvalidProducerEpochException.class,
          ConnectException.class,
          SocketException.class,
          SocketTimeoutException.class,
          HttpTimeoutException.class,
          UnknownHostException.class);

  private Transient() {}

  /** Whether the same thing may work a little later: a broker or the registry is out of reach. */
  static boolean is(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      Throwable found = cause;
      if (PASSING.stream().anyMatch(kind -> kind.isInstance(found))
          || (found instanceof RestClientException rest && passing(rest))) {
        return true;
      }
    }
    return false;
  }

  private static boolean passing(RestClientException rest) {
    return rest.getStatus() >= SERVER_ERROR || rest.getStatus() == TOO_MANY_REQUESTS;
  }
}
