package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclaration.Variant;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings of a stage in a policy, read by the keys that its kind declares. Gathers what is wrong
 * with it, so that all of it is told at once.
 */
public final class SpecReader {
  private final StageDeclaration kind;
  private final JsonNode spec;
  private final Settings settings;
  private final List<String> problems = new ArrayList<>();

  private SpecReader(StageDeclaration kind, SettingTable table, JsonNode spec) {
    this.kind = kind;
    this.spec = spec;
    SettingTable.Reading reading = table.read(spec);
    this.settings = reading.settings();
    reading
        .problems()
        .forEach(
            wrong -> {
              String separator = wrong.path().isEmpty() ? "" : ".";
              problems.add(kind.name() + separator + wrong.path() + ": " + wrong.message());
            });
  }

  /**
   * The settings of a kind, by the keys of the variant that they name; if they name none that there
   * is, which is a problem, by the keys of all.
   *
   * @param json what a policy says; nothing said is an empty text or object
   * @throws InvalidInputException if it is no JSON
   */
  public static SpecReader of(StageDeclaration kind, String json) {
    JsonNode spec = tree(kind, json);
    return new SpecReader(
        kind, kind.variant(spec).map(Variant::table).orElseGet(kind::union), spec);
  }

  /**
   * The same by the keys of one variant; a problem if they name another one.
   *
   * @param word of the variant
   * @throws InvalidInputException if it is no JSON
   */
  public static SpecReader of(StageDeclaration kind, String word, String json) {
    SpecReader reader = new SpecReader(kind, kind.variant(word).table(), tree(kind, json));
    reader.requireVariant(word);
    return reader;
  }

  /** The word of the variant that is named; empty if none is. */
  public String variant() {
    return kind.variant(spec).map(Variant::word).orElse("");
  }

  /** Returns what is right of what was said. */
  public Settings settings() {
    return settings;
  }

  /** Adds something that is wrong, beginning with the key. */
  public void problem(String problem) {
    problems.add(kind.name() + "." + problem);
  }

  /**
   * Goes on only if nothing is wrong.
   *
   * @throws InvalidInputException with everything that is
   */
  public void requireSound() {
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** That it is none of the words at all the table has said. */
  private void requireVariant(String word) {
    kind.selector()
        .flatMap(settings::find)
        .filter(named -> !named.equals(word))
        .ifPresent(
            named ->
                problem(
                    "%s: wanted %s, found %s"
                        .formatted(kind.selector().orElseThrow().name(), word, named)));
  }

  private static JsonNode tree(StageDeclaration kind, String json) {
    try {
      return Json.parse(json.isBlank() ? "{}" : json);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s: wanted a JSON object, found '%s': %s"
              .formatted(kind.name(), Quoted.of(json), Quoted.place(e.getOriginalMessage())));
    }
  }
}
