package io.espalier.schemas.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclaration.Variant;
import io.espalier.schemas.stage.StageDeclarations;
import java.util.List;

/** The part of the policy's JSON schema that follows from the kinds of stages and their keys. */
final class StageSchema {
  private static final String DEFINITIONS = "$defs";
  private static final String REQUIRED = "required";
  private static final ObjectMapper JSON = new ObjectMapper();

  private StageSchema() {}

  /**
   * A schema of policies with the part of its stages anew.
   *
   * @param schema a schema of policies
   */
  static ObjectNode fill(String schema, StageDeclarations stages) {
    ObjectNode filled = tree(schema);
    ObjectNode definitions = filled.withObjectProperty(DEFINITIONS);
    definitions.set("stage", oneOf(stages));
    stages.all().forEach(kind -> definitions.set(kind.name(), of(kind)));
    return filled;
  }

  private static ObjectNode tree(String schema) {
    try {
      return (ObjectNode) JSON.readTree(schema);
    } catch (JsonProcessingException broken) {
      throw new IllegalStateException("the schema of policies is not JSON", broken);
    }
  }

  private static ObjectNode oneOf(StageDeclarations stages) {
    List<String> names = stages.names();
    int last = names.size() - 1;
    String either =
        last == 0
            ? names.get(0)
            : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    ObjectNode schema =
        JsonNodeFactory.instance
            .objectNode()
            .put("description", "exactly one stage, " + either)
            .put("type", "object")
            .put("minProperties", 1)
            .put("maxProperties", 1)
            .put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    names.forEach(name -> properties.putObject(name).put("$ref", "#/$defs/" + name));
    return schema;
  }

  private static ObjectNode of(StageDeclaration kind) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("description", kind.sentence());
    SettingTable union = kind.union();
    union.describe(schema, 0);
    kind.selector().ifPresent(selector -> requireOfSome(kind, selector, union, schema));
    return schema;
  }

  /** Keys that must be said to some variants; of an unknown variant they are asked for, too. */
  private static void requireOfSome(
      StageDeclaration kind, Setting<String> selector, SettingTable union, ObjectNode schema) {
    for (String name : union.names()) {
      List<String> exempt =
          kind.variants().stream()
              .filter(variant -> !variant.table().required().contains(name))
              .map(Variant::word)
              .toList();
      if (!exempt.isEmpty() && exempt.size() < kind.variants().size()) {
        ObjectNode rule = schema.withArrayProperty("allOf").addObject();
        ObjectNode condition = rule.putObject("if");
        condition.putArray(REQUIRED).add(selector.name());
        ObjectNode words = condition.putObject("properties").putObject(selector.name());
        exempt.forEach(words.putArray("enum")::add);
        rule.putObject("else").putArray(REQUIRED).add(name);
      }
    }
  }
}
