package io.espalier.schemas;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;

/** The document of every topic and field, drawn from topics and schemas. */
final class EventsDocument {
  /** Path, relative to this module. */
  static final Path FILE = Path.of("../deploy/examples/events.md");

  private static final String PREAMBLE =
      """
      # Topics and events

      Drawn from the schemas by a test of the module `schemas`, which fails when this file differs and says how to draw it anew.

      - Topic names begin with a prefix, `espalier.` unless `--topic-prefix` says otherwise. Keys are UTF-8 text.
      - Values are Avro behind the five bytes of the Confluent wire format: a zero byte and the schema's id in the registry, whose subject
        is the topic's name with `-value`. Compatibility is `FULL_TRANSITIVE`: new fields have defaults, none is removed.
      - Every record has the headers of a CloudEvent 1.0 (`ce_id`, `ce_source`, `ce_type`, `ce_subject`, `ce_time`, `ce_specversion`,
        `content-type`) and, where the record that caused it had one, a `traceparent`. The same event sent twice has the same `ce_id`.
      - Read with `isolation.level=read_committed`: the coordinator writes in transactions.
      - Each version of each schema is a file in `schemas/events` of the distribution; `schemas/pruning-policy.schema.json` is for editors.

      """;

  /** Facts of a topic that its schema lacks. */
  private record Use(String key, String type, String writer) {}

  private static final Map<String, Use> USES =
      Map.ofEntries(
          use("model-registered", "model name", CloudEvent.MODEL_REGISTERED, "registries, people"),
          use(
              "registration-answers",
              "model name",
              CloudEvent.REGISTRATION_ANSWERED,
              "the coordinator"),
          use("pruning-policies", "policy name", CloudEvent.POLICY_APPLIED, "people"),
          use("run-requests", "run id", CloudEvent.RUN_REQUESTED, "people"),
          use("closed-attempts", "run id", CloudEvent.ATTEMPTS_CLOSED, "the coordinator"),
          use("stage-commands.POOL", "run id", CloudEvent.STAGE_REQUESTED, "the coordinator"),
          use("stage-events", "run id", CloudEvent.STAGE_REPORTED, "workers"),
          use("worker-heartbeats", "pool", CloudEvent.WORKER_ALIVE, "workers"),
          use("runs", "run id", CloudEvent.RUN_CHANGED, "the coordinator"),
          use("pruned-model", "model name", CloudEvent.MODEL_PRUNED, "the coordinator"),
          use("model-rejected", "model name", CloudEvent.MODEL_REJECTED, "the coordinator"));

  private final Set<String> described = new LinkedHashSet<>();
  private final Map<String, Schema> pending = new LinkedHashMap<>();
  private final StringBuilder text = new StringBuilder(PREAMBLE);

  /** Writes it to its place. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(FILE, text());
  }

  static String text() {
    var topics = new Topics("", SchemaRegistry.inMemory("events-document"), 6);
    var document = new EventsDocument();
    List<Topic<?>> all = topics.all(List.of("POOL"));
    document.contents(all);
    all.forEach(document::topic);
    document.deadLetters();
    return document.text.toString();
  }

  private void contents(List<Topic<?>> topics) {
    text.append("| topic | key | `ce_type` | written by | kept |\n|---|---|---|---|---|\n");
    for (Topic<?> topic : topics) {
      Use use = use(topic);
      text.append(
          "| [`%s`](#%s) | %s | `%s` | %s | %s |%n"
              .formatted(
                  topic.name(),
                  topic.name().toLowerCase(java.util.Locale.ROOT).replace(".", ""),
                  use.key(),
                  use.type(),
                  use.writer(),
                  kept(topic.settings())));
    }
    text.append(
        "| [`dead-letters`](#dead-letters) | as in the source | | all of them | for ever |\n");
  }

  private static String kept(TopicSettings settings) {
    String time = settings.retention().map(kept -> days(kept.toDays())).orElse("for ever");
    return settings.cleanup() == TopicSettings.Cleanup.DELETE
        ? time
        : "the newest of each key, " + time;
  }

  private static String days(long days) {
    return days == 1 ? "a day" : days + " days";
  }

  private void topic(Topic<?> topic) {
    text.append("\n## ").append(topic.name()).append("\n\n");
    record(topic.schema());
    while (!pending.isEmpty()) {
      Schema next = pending.remove(pending.keySet().iterator().next());
      text.append("\n### ").append(next.getName()).append("\n\n");
      if (next.getType() == Schema.Type.ENUM) {
        text.append(next.getDoc())
            .append("\nOne of ")
            .append(next.getEnumSymbols().stream().map(s -> "`" + s + "`").collect(joining(", ")))
            .append(".\n");
      } else {
        record(next);
      }
    }
  }

  private void record(Schema schema) {
    described.add(schema.getFullName());
    text.append(schema.getDoc()).append("\n\n| field | type | meaning |\n|---|---|---|\n");
    for (Schema.Field field : schema.getFields()) {
      text.append(
          "| `%s` | %s | %s |%n"
              .formatted(field.name(), type(field.schema()), field.doc().replace("|", "\\|")));
    }
  }

  private String type(Schema schema) {
    return switch (schema.getType()) {
      case UNION -> schema.getTypes().stream().map(this::type).collect(joining(" or "));
      case ARRAY -> "array of " + type(schema.getElementType());
      case MAP -> "map of " + type(schema.getValueType());
      case RECORD, ENUM -> named(schema);
      default -> {
        String name = schema.getType().getName();
        yield Optional.ofNullable(schema.getLogicalType())
            .map(LogicalType::getName)
            .map(logical -> name + " (" + logical + ")")
            .orElse(name);
      }
    };
  }

  private String named(Schema schema) {
    if (described.add(schema.getFullName())) {
      pending.put(schema.getFullName(), schema);
    }
    return "[%s](#%s)".formatted(schema.getName(), anchor(schema));
  }

  private static String anchor(Schema schema) {
    return schema.getName().toLowerCase(java.util.Locale.ROOT);
  }

  private void deadLetters() {
    text.append(
        """

        ## dead-letters

        A record that could not be read or processed, with its own key, value and headers, and these (the names that Kafka Streams gives them):

        | header | meaning |
        |---|---|
        | `__streams.errors.topic`, `.partition`, `.offset` | where it was |
        | `__streams.errors.exception`, `.message`, `.stacktrace` | why it was refused |
        | `espalier.cut-from-bytes` | size of its value, if that was over 3 MiB and only the first 64 KiB are here |
        """);
  }

  private static Use use(Topic<?> topic) {
    return Optional.ofNullable(USES.get(topic.name()))
        .orElseThrow(() -> new AssertionError("no use is said of " + topic.name()));
  }

  private static Map.Entry<String, Use> use(String topic, String key, String type, String writer) {
    return Map.entry(topic, new Use(key, type, writer));
  }
}
