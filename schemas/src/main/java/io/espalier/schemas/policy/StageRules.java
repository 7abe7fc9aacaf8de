package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingProblem;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Values;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclaration.Variant;
import io.espalier.schemas.stage.StageDeclarations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Rules on the keys of each variant of a stage, such as a pruning algorithm. The JSON schema of all
 * variants together cannot say it.
 *
 * @param stages the kinds of stages that there are
 * @param problems takes the pointer to a field and what is wrong with it
 */
record StageRules(StageDeclarations stages, BiConsumer<String, String> problems) {
  /** Looks at all stages of a policy. */
  void check(JsonNode policy) {
    for (int i = 0; i < policy.size(); i++) {
      for (Map.Entry<String, JsonNode> stage : policy.get(i).properties()) {
        String pointer = "/spec/stages/%d/%s".formatted(i, stage.getKey());
        stages.named(stage.getKey()).ifPresent(kind -> check(pointer, kind, stage.getValue()));
      }
    }
  }

  private void check(String pointer, StageDeclaration kind, JsonNode spec) {
    Optional<Variant> variant = kind.variant(spec);
    if (variant.isPresent() && spec.isObject()) {
      Map<String, SettingTable> tables = new LinkedHashMap<>();
      kind.variants().forEach(each -> tables.put(each.word(), each.table()));
      group(pointer, spec, variant.get().word(), tables);
      either(pointer, spec, kind, variant.get());
      excluded(pointer, spec, variant.get().table());
    }
  }

  /** Values of a wrong type are left aside, as others have told of them. */
  private void excluded(String pointer, JsonNode spec, SettingTable table) {
    for (SettingProblem problem : table.excluded(table.read(spec).settings())) {
      problems.accept(pointer + Document.step(problem.path()), problem.message());
    }
  }

  private void either(String pointer, JsonNode spec, StageDeclaration kind, Variant variant) {
    List<String> either = variant.table().either();
    long said = either.stream().filter(spec::has).count();
    if (!either.isEmpty() && said != 1) {
      problems.accept(
          pointer,
          "%s needs either %s; found %s"
              .formatted(
                  variant.word().isEmpty() ? kind.name() : variant.word(),
                  String.join(" or ", either),
                  said == 0 ? "neither" : "both"));
    }
  }

  private void group(
      String pointer, JsonNode group, String named, Map<String, SettingTable> tables) {
    for (Map.Entry<String, JsonNode> field : group.properties()) {
      Map<String, Setting<?>> owners = new LinkedHashMap<>();
      tables.forEach(
          (word, table) ->
              table.setting(field.getKey()).ifPresent(setting -> owners.put(word, setting)));
      String at = pointer + Document.step(field.getKey());
      if (owners.containsKey(named)) {
        field(at, field.getValue(), named, owners);
      } else if (!owners.isEmpty()) {
        problems.accept(
            at,
            "%s is said to %s, not to %s"
                .formatted(field.getKey(), String.join(" and ", owners.keySet()), named));
      }
    }
  }

  /** What no variant takes the schema has refused; here it is what only others take. */
  private void field(String at, JsonNode value, String named, Map<String, Setting<?>> owners) {
    Values<?> own = Objects.requireNonNull(owners.get(named)).values();
    if (own instanceof Values.Group) {
      Map<String, SettingTable> tables = new LinkedHashMap<>();
      owners.forEach((word, each) -> tables.put(word, ((Values.Group) each.values()).table()));
      group(at, value, named, tables);
    } else if (!own.takes(value)
        && owners.values().stream().anyMatch(each -> each.values().takes(value))) {
      problems.accept(
          at, "must be %s for %s; found %s".formatted(wanted(own), named, value.asText()));
    }
  }

  private static String wanted(Values<?> values) {
    if (values instanceof Values.Word word) {
      List<String> sorted = new ArrayList<>(word.words());
      sorted.sort(String::compareTo);
      return "one of " + String.join(", ", sorted);
    }
    return values.wanted();
  }
}
