package io.espalier.schemas.setting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a stage or of a group, in the order in which documents list them.
 *
 * @param settings the keys, each name once
 * @param required names of keys that must be said
 * @param either names of keys of which exactly one must be said; empty if there are none
 * @param exclusions combinations of values that are not allowed
 */
public record SettingTable(
    List<Setting<?>> settings,
    List<String> required,
    List<String> either,
    List<Exclusion> exclusions) {
  /**
   * Result of reading given values by a table.
   *
   * @param settings what is right of it
   * @param problems everything that is wrong with it
   */
  public record Reading(Settings settings, List<SettingProblem> problems) {}

  /**
   * A table; lists are copied.
   *
   * @throws IllegalArgumentException if a name is there twice
   */
  public SettingTable {
    settings = List.copyOf(settings);
    required = List.copyOf(required);
    either = List.copyOf(either);
    exclusions = List.copyOf(exclusions);
    List<String> names = names(settings);
    if (names.stream().distinct().count() < names.size()) {
      throw new IllegalArgumentException("a key is there twice among " + names);
    }
  }

  /** Keys of which none must be said. */
  public static SettingTable of(Setting<?>... settings) {
    return new SettingTable(List.of(settings), List.of(), List.of(), List.of());
  }

  /** The same, of which these must be said. */
  public SettingTable requiring(Setting<?>... needed) {
    return new SettingTable(settings, names(List.of(needed)), either, exclusions);
  }

  /** The same, of which exactly one of these must be said. */
  public SettingTable eitherOf(Setting<?>... exclusive) {
    return new SettingTable(settings, required, names(List.of(exclusive)), exclusions);
  }

  /** The same, which allows no combination of these. */
  public SettingTable excluding(Exclusion... excluded) {
    return new SettingTable(settings, required, either, List.of(excluded));
  }

  /** The same with more keys in front. */
  public SettingTable after(Setting<?>... first) {
    List<Setting<?>> all = new ArrayList<>(List.of(first));
    all.addAll(settings);
    return new SettingTable(all, required, either, exclusions);
  }

  /** Names of the keys, in their order. */
  public List<String> names() {
    return names(settings);
  }

  /** The key of a name, if there is one. */
  public Optional<Setting<?>> setting(String name) {
    return settings.stream().filter(setting -> setting.name().equals(name)).findFirst();
  }

  /**
   * Reads what is said.
   *
   * @param said a JSON object; anything else is a problem
   */
  public Reading read(JsonNode said) {
    List<SettingProblem> problems = new ArrayList<>();
    Map<String, Object> values = new LinkedHashMap<>();
    if (!said.isObject()) {
      String message = "wanted a group of %s, found %s".formatted(names(), Found.of(said));
      return new Reading(new Settings(this, values), List.of(new SettingProblem("", message)));
    }
    for (Map.Entry<String, JsonNode> field : said.properties()) {
      Optional<Setting<?>> setting = setting(field.getKey());
      if (setting.isEmpty()) {
        problems.add(
            new SettingProblem(
                Found.cut(field.getKey()), "unknown, known are %s".formatted(names())));
      } else {
        List<SettingProblem> own = problems(setting.get(), field.getValue());
        problems.addAll(own);
        if (own.isEmpty() || partly(setting.get(), field.getValue())) {
          values.put(field.getKey(), setting.get().values().read(field.getValue()));
        }
      }
    }
    problems.addAll(missing(said));
    Settings settings = new Settings(this, values);
    problems.addAll(excluded(settings));
    return new Reading(settings, List.copyOf(problems));
  }

  /** Returns what combinations of settings are not allowed and yet there. */
  public List<SettingProblem> excluded(Settings given) {
    return exclusions.stream().map(each -> each.problem(given)).flatMap(Optional::stream).toList();
  }

  /** Adds to a JSON schema what holds for an object with these keys. */
  public void describe(ObjectNode schema, int least) {
    schema.put("type", "object");
    if (!required.isEmpty()) {
      required.forEach(schema.putArray("required")::add);
    }
    if (least > 0) {
      schema.put("minProperties", least);
    }
    schema.put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    settings.forEach(setting -> describe(setting, properties.putObject(setting.name())));
  }

  private static <T> void describe(Setting<T> setting, ObjectNode schema) {
    schema.put("description", setting.sentence());
    setting.values().describe(schema);
    setting.usual().ifPresent(usual -> schema.set("default", json(usual)));
  }

  private static JsonNode json(Object usual) {
    if (usual instanceof Boolean flag) {
      return JsonNodeFactory.instance.booleanNode(flag);
    }
    if (usual instanceof Integer whole) {
      return JsonNodeFactory.instance.numberNode(whole.intValue());
    }
    return usual instanceof Double real
        ? JsonNodeFactory.instance.numberNode(real.doubleValue())
        : JsonNodeFactory.instance.textNode(usual.toString());
  }

  private List<SettingProblem> missing(JsonNode said) {
    List<SettingProblem> problems = new ArrayList<>();
    for (String name : required) {
      if (!said.has(name)) {
        String wanted = setting(name).map(each -> each.values().wanted()).orElse("it");
        problems.add(new SettingProblem(name, "wanted %s, found nothing".formatted(wanted)));
      }
    }
    long count = either.stream().filter(said::has).count();
    if (!either.isEmpty() && count != 1) {
      problems.add(
          new SettingProblem(
              String.join(" and ", either),
              "wanted one of them, found %s".formatted(count == 0 ? "neither" : "both")));
    }
    return problems;
  }

  /**
   * Returns what is right of a group is looked at further, so that all that is wrong is told at
   * once.
   */
  private static boolean partly(Setting<?> setting, JsonNode value) {
    return setting.values() instanceof Values.Group && value.isObject();
  }

  private static List<SettingProblem> problems(Setting<?> setting, JsonNode value) {
    if (setting.values() instanceof Values.Group group && value.isObject() && !value.isEmpty()) {
      return within(setting.name(), group.table().read(value).problems());
    }
    if (setting.values() instanceof Values.Many<?> many
        && many.one() instanceof Values.Group group
        && value.isArray()) {
      return items(setting, many, group, value);
    }
    return setting.problem(value).map(text -> new SettingProblem(setting.name(), text)).stream()
        .toList();
  }

  private static List<SettingProblem> items(
      Setting<?> setting, Values.Many<?> many, Values.Group group, JsonNode list) {
    List<SettingProblem> problems = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String place = "%s[%d]".formatted(setting.name(), i);
      List<SettingProblem> inside = group.table().read(list.get(i)).problems();
      problems.addAll(within(place, inside));
      if (inside.isEmpty() && !group.takes(list.get(i))) {
        problems.add(
            new SettingProblem(
                place, "wanted %s, found %s".formatted(many.each(), Found.of(list.get(i)))));
      }
    }
    return problems.isEmpty() && !many.takes(list)
        ? List.of(
            new SettingProblem(
                setting.name(), "wanted %s, found %s".formatted(many.wanted(), Found.of(list))))
        : problems;
  }

  private static List<SettingProblem> within(String place, List<SettingProblem> problems) {
    return problems.stream().map(problem -> problem.within(place)).toList();
  }

  private static List<String> names(List<Setting<?>> settings) {
    return settings.stream().<String>map(Setting::name).toList();
  }
}
