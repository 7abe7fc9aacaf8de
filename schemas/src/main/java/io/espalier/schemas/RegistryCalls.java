package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of the schema registry that are repeated, with growing pauses, before they fail.
 *
 * @param client the registry
 * @param development whether producers register schemas themselves, so that it may be empty
 * @param pauses waits between the tries
 */
record RegistryCalls(SchemaRegistryClient client, boolean development, List<Duration> pauses) {
  /** Four pauses, three and a half seconds together. */
  static final List<Duration> USUAL_PAUSES =
      List.of(
          Duration.ofMillis(100),
          Duration.ofMillis(400),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2));

  /**
   * No further try begins later: with the one that has begun it stays shorter than a transaction.
   */
  private static final Duration LAST_TRY = Duration.ofSeconds(6);

  RegistryCalls {
    pauses = List.copyOf(pauses);
  }

  /** A question to the registry. */
  @FunctionalInterface
  interface Call<R> {
    /** Asks once. */
    R ask() throws IOException, RestClientException;
  }

  /** Returns the same calls without a second try. */
  RegistryCalls once() {
    return new RegistryCalls(client, development, List.of());
  }

  /**
   * Asks until there is an answer.
   *
   * @param what the question, for the message
   * @throws RegistryUnavailableException if there is none after the last pause, or within 9 s
   */
  <R> R answer(String what, Call<R> call) {
    long lastTry = System.nanoTime() + LAST_TRY.toNanos();
    for (int failed = 0; ; failed++) {
      try {
        return call.ask();
      } catch (IOException | RestClientException | RuntimeException e) {
        if (failed == pauses.size() || System.nanoTime() > lastTry) {
          throw new RegistryUnavailableException(
              "the schema registry gave no answer to '%s' in %d tries: %s"
                  .formatted(
                      what,
                      failed + 1,
                      SchemaRegistry.withoutUsers(String.valueOf(e.getMessage()))),
              e);
        }
        LockSupport.parkNanos(pauses.get(failed).toNanos());
      }
    }
  }

  /**
   * Makes sure that the registry knows schemas of a topic: only then it can be believed that it
   * does not know another.
   *
   * @throws RegistryUnavailableException if it does not
   */
  void requireWorking(String topic) {
    if (!development) {
      answer(
          "the versions of the schema of " + topic, () -> client.getAllVersions(topic + "-value"));
    }
  }

  /** Returns whether a failed call was answered with: there is no such thing. */
  static boolean notFound(RegistryUnavailableException failure) {
    return failure.getCause() instanceof RestClientException rest
        && rest.getStatus() == HttpURLConnection.HTTP_NOT_FOUND;
  }
}
