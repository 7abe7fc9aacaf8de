package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.run.RunId;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceContextTest {
  private static final RunId RUN = new RunId("0123456789abcdef0123456789abcdee");
  private static final String OF_THE_RUN =
      "00-0123456789abcdef0123456789abcdee-0123456789abcdef-01";

  @Test
  void the_registration_s_trace_is_the_run_s() {
    String given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    assertThat(traceOf(headers(given))).isEqualTo(given);
  }

  @Test
  void a_registration_without_a_trace_gets_one_that_repeats() {
    assertThat(traceOf(new RecordHeaders())).isEqualTo(OF_THE_RUN);
  }

  @Test
  void an_empty_header_is_no_trace() {
    assertThat(traceOf(new RecordHeaders().add("traceparent", null))).isEqualTo(OF_THE_RUN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"
      })
  void a_malformed_trace_is_replaced(String malformed) {
    assertThat(traceOf(headers(malformed))).isEqualTo(OF_THE_RUN);
  }

  private static String traceOf(Headers headers) {
    return TraceContext.in(headers).orElse(TraceContext.of(RUN));
  }

  private static Headers headers(String trace) {
    return new RecordHeaders().add("traceparent", trace.getBytes(UTF_8));
  }
}
