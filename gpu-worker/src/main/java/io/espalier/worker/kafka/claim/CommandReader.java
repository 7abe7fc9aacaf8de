package io.espalier.worker.kafka.claim;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.event.StageCommand;
import io.espalier.schemas.Name;
import io.espalier.schemas.Topic;
import io.espalier.schemas.TransientFailures;
import io.espalier.worker.domain.Quoted;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads commands, and tells those that nobody can carry out from those that cannot be read now. */
public final class CommandReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Topic<StageCommand> topic;

  public CommandReader(Topic<StageCommand> topic) {
    this.topic = topic;
  }

  /**
   * The command of a record; empty if the registry of schemas does not answer now, or not usefully.
   *
   * @throws PoisonException if the record is no valid command and never will be
   */
  public Optional<StageCommand> read(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      throw new PoisonException("a stage command has a value, but this record has none", null);
    }
    StageCommand command;
    try {
      command =
          topic.values().deserializer().deserialize(topic.name(), record.headers(), record.value());
    } catch (RuntimeException e) {
      if (TransientFailures.include(e)) {
        return Optional.empty();
      }
      throw new PoisonException("no stage command can be read from the record: " + e, e);
    }
    List<String> problems = problems(command, record);
    if (!problems.isEmpty()) {
      throw new PoisonException(command, problems);
    }
    return Optional.of(command);
  }

  private static List<String> problems(
      StageCommand command, ConsumerRecord<byte[], byte[]> record) {
    List<String> problems = new ArrayList<>();
    if (record.key() == null || !new String(record.key(), UTF_8).equals(command.getRunId())) {
      problems.add(
          "the record's key should be the run id '%s'".formatted(Quoted.of(command.getRunId())));
    }
    Name.problem("runId", command.getRunId()).ifPresent(problems::add);
    Name.pathProblem("modelName", command.getModelName()).ifPresent(problems::add);
    Name.problem("modelVersion", command.getModelVersion()).ifPresent(problems::add);
    if (command.getStageIndex() < 0) {
      problems.add("stageIndex should be 0 or more, but is " + command.getStageIndex());
    }
    if (command.getAttempt() < 1) {
      problems.add("attempt should be 1 or more, but is " + command.getAttempt());
    }
    checkSpec(command.getSpec(), problems);
    checkUri("input.uri", command.getInput().getUri(), problems);
    command
        .getReferences()
        .forEach(
            (role, model) ->
                checkUri("references.%s.uri".formatted(Quoted.of(role)), model.getUri(), problems));
    checkUri("outputUri", command.getOutputUri(), problems);
    command.getData().forEach((role, uri) -> checkUri("data." + Quoted.of(role), uri, problems));
    return problems;
  }

  private static void checkSpec(String spec, List<String> problems) {
    try {
      if (!JSON.readTree(spec).isObject()) {
        problems.add("spec should be a JSON object, but is " + Quoted.of(spec));
      }
    } catch (JsonProcessingException e) {
      problems.add(
          "spec should be a JSON object, but is %s: %s"
              .formatted(Quoted.of(spec), Quoted.place(e.getOriginalMessage())));
    }
  }

  private static void checkUri(String field, String text, List<String> problems) {
    try {
      if (!new URI(text).isAbsolute()) {
        problems.add(
            "%s should be an absolute URI, but is '%s'".formatted(field, Quoted.place(text)));
      }
    } catch (URISyntaxException e) {
      problems.add(
          "%s should be a URI, but is '%s': %s"
              .formatted(field, Quoted.place(text), e.getReason()));
    }
  }
}
