package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.run.RunId;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** The W3C trace context of a run. */
final class Trace {
  private static final Pattern TRACEPARENT =
      Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
  private static final int SPAN_DIGITS = 16;

  private Trace() {}

  /** The registration's context; if it has none, one made of the run's id, so that it repeats. */
  static String of(Headers headers, RunId run) {
    Header header = headers.lastHeader(CloudEvent.TRACEPARENT);
    return Optional.ofNullable(header)
        .map(Header::value)
        .map(value -> new String(value, UTF_8))
        .filter(value -> TRACEPARENT.matcher(value).matches())
        .orElseGet(() -> "00-%s-%s-01".formatted(run, run.value().substring(0, SPAN_DIGITS)));
  }
}
