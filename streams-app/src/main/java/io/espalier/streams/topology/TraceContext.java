package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.run.RunId;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Headers;

/** The W3C trace context of a run. */
final class TraceContext {
  private static final Pattern TRACEPARENT =
      Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
  private static final int SPAN_DIGITS = 16;

  private TraceContext() {}

  /** Returns the context in a record's headers, if there is a sound one. */
  static Optional<String> in(Headers headers) {
    return Optional.ofNullable(headers.lastHeader(CloudEvent.TRACEPARENT))
        .map(header -> header.value())
        .map(value -> new String(value, UTF_8))
        .filter(value -> TRACEPARENT.matcher(value).matches());
  }

  /** Returns a context made of a run's id, so that it repeats. */
  static String of(RunId run) {
    return "00-%s-%s-01".formatted(run, run.value().substring(0, SPAN_DIGITS));
  }
}
