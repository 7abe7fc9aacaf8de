package io.espalier.worker.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.ClassNames;
import io.espalier.worker.data.FolderOrder;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Class names in a config.json: {@code id2label} of transformers, {@code label_names} of timm. */
final class ConfigClassNames {
  private final JsonNode config;
  private final JsonNode labels;
  private final List<String> names;
  private final List<String> problems = new ArrayList<>();

  private ConfigClassNames(JsonNode config) {
    this.config = config;
    this.labels = config.path("id2label");
    this.names = new ArrayList<>(Collections.nCopies(labels.size(), ""));
  }

  /**
   * Reads them.
   *
   * @param order of directories of classes, where names do not help
   * @param classes how many the model tells apart, if that is known
   * @throws InvalidInputException if they contradict themselves or that number
   */
  static ClassNames of(JsonNode config, FolderOrder order, OptionalInt classes) {
    var reader = new ConfigClassNames(config);
    if (reader.labels.isObject() && !reader.labels.isEmpty()) {
      return new ClassNames(reader.numbered(), "id2label of config.json", order);
    }
    JsonNode listed = TimmTransform.find(config, "label_names");
    var names = new ArrayList<String>();
    listed.forEach(name -> names.add(name.asText()));
    if (!names.isEmpty() && classes.isPresent() && classes.getAsInt() != names.size()) {
      throw new InvalidInputException(
          "config.json: label_names has %d names, but the model tells %d classes apart"
              .formatted(names.size(), classes.getAsInt()));
    }
    return names.isEmpty()
        ? ClassNames.NONE.in(order)
        : new ClassNames(names, "label_names of config.json", order);
  }

  private List<String> numbered() {
    labels.properties().forEach(this::number);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return names;
  }

  private void number(Map.Entry<String, JsonNode> entry) {
    String key = entry.getKey();
    int number = key.matches("\\d{1,9}") ? Integer.parseInt(key) : -1;
    if (number < 0 || number >= names.size()) {
      problems.add(
          "config.json: id2label must number its %d classes from 0, found '%s'"
              .formatted(names.size(), key));
      return;
    }
    String name = entry.getValue().asText();
    names.set(number, name);
    JsonNode back = config.path("label2id").path(name);
    if (back.isInt() && back.intValue() != number && !isRepeated(name)) {
      problems.add(
          "config.json: id2label calls class %d '%s', but label2id says that this is %s"
              .formatted(number, name, back));
    }
  }

  /** Returns whether several classes have a name, so that label2id can hold one of them only. */
  private boolean isRepeated(String name) {
    int count = 0;
    for (JsonNode label : labels) {
      count += label.asText().equals(name) ? 1 : 0;
    }
    return count > 1;
  }
}
