package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The attributes of an event in the CloudEvents 1.0 Kafka binary binding.
 *
 * @param id unique within the source; the same event sent twice has the same id
 * @param source who says so, as a URI reference
 * @param type kind of event, such as {@link #MODEL_REGISTERED}
 * @param subject what it is about, such as {@code name@version} or a run id
 * @param time when it happened
 */
public record CloudEvent(String id, String source, String type, String subject, Instant time) {
  /** Type of a model-registered event. */
  public static final String MODEL_REGISTERED = "io.espalier.model.registered.v1";

  /** Type of a policy. */
  public static final String POLICY_APPLIED = "io.espalier.policy.applied.v1";

  /** Type of the end of a policy, which has no value. */
  public static final String POLICY_WITHDRAWN = "io.espalier.policy.withdrawn.v1";

  /** Type of a run request. */
  public static final String RUN_REQUESTED = "io.espalier.run.requested.v1";

  /** Type of a stage command. */
  public static final String STAGE_REQUESTED = "io.espalier.stage.requested.v1";

  /** Type of a worker's report. */
  public static final String STAGE_REPORTED = "io.espalier.stage.reported.v1";

  /** Type of a heartbeat. */
  public static final String WORKER_ALIVE = "io.espalier.worker.alive.v1";

  /** Type of a run's state. */
  public static final String RUN_CHANGED = "io.espalier.run.changed.v1";

  /** Type of a result. */
  public static final String MODEL_PRUNED = "io.espalier.model.pruned.v1";

  /** Type of a rejection. */
  public static final String MODEL_REJECTED = "io.espalier.model.rejected.v1";

  /** Type of an answer to a registration. */
  public static final String REGISTRATION_ANSWERED = "io.espalier.registration.answered.v1";

  /** Type of what closes commands. */
  public static final String ATTEMPTS_CLOSED = "io.espalier.attempts.closed.v1";

  /** Header that carries the W3C trace context; not a CloudEvents attribute, passed through. */
  public static final String TRACEPARENT = "traceparent";

  /** These attributes as record headers. */
  public Headers headers() {
    return writeTo(new RecordHeaders());
  }

  /**
   * Replaces the CloudEvents headers of a record by these attributes and leaves its other headers
   * alone.
   */
  public Headers writeTo(Headers headers) {
    put(headers, "ce_specversion", "1.0");
    put(headers, "ce_id", id);
    put(headers, "ce_source", source);
    put(headers, "ce_type", type);
    put(headers, "ce_subject", subject);
    put(headers, "ce_time", time.toString());
    put(headers, "content-type", "application/avro");
    return headers;
  }

  private static void put(Headers headers, String name, String value) {
    headers.remove(name).add(name, value.getBytes(UTF_8));
  }
}
