package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.espalier.schemas.stage.StageDeclarations;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Check of a document against the JSON schema; says in words what is wrong where.
 *
 * <p>The schema of this version's stages is the resource {@code pruning-policy.schema.json} beside
 * this class; of other stages it has their part anew ({@link StageSchema}).
 */
final class PolicySchema {
  private static final String RESOURCE = "pruning-policy.schema.json";

  /** Fields that later versions of the format have, so that nobody looks for a typo. */
  private static final Map<String, String> LATER =
      Map.of(
          "when", "select by task, names, families and labels", "relax", "use reject or publish");

  private static final Set<String> LATER_STAGES = Set.of("export");

  private static final PolicySchema STANDARD = new PolicySchema(StageDeclarations.standard());

  private final StageDeclarations stages;
  private final Schema schema;

  private PolicySchema(StageDeclarations stages) {
    this.stages = stages;
    this.schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(StageSchema.fill(text(), stages).toString(), InputFormat.JSON);
  }

  /** The schema for policies with these stages. */
  static PolicySchema of(StageDeclarations stages) {
    return stages.equals(StageDeclarations.standard()) ? STANDARD : new PolicySchema(stages);
  }

  List<PolicyProblem> check(Document document) {
    List<Error> errors =
        schema.validate(document.root()).stream().filter(PolicySchema::tellsSomething).toList();
    Set<String> wrongType = new HashSet<>();
    errors.stream()
        .filter(error -> error.getKeyword().equals("type"))
        .forEach(error -> wrongType.add(error.getInstanceLocation().toString()));
    return errors.stream()
        .filter(
            error ->
                error.getKeyword().equals("type")
                    || !wrongType.contains(error.getInstanceLocation().toString()))
        .map(error -> problem(document, error))
        .toList();
  }

  /** Returns which branch of a oneOf failed how says less than the description of the whole. */
  private static boolean tellsSomething(Error error) {
    return !error.getEvaluationPath().toString().contains("/oneOf/");
  }

  private PolicyProblem problem(Document document, Error error) {
    String pointer = error.getInstanceLocation().toString();
    if (error.getKeyword().equals("additionalProperties")) {
      return unknown(document, pointer, error);
    }
    if (error.getKeyword().equals("required")) {
      return document.problem(pointer, "the field '%s' is missing".formatted(error.getProperty()));
    }
    JsonNode found = document.root().at(pointer);
    if (found.has("relax")) {
      return document.problem(pointer, later("relax"));
    }
    String wanted = wanted(error.getKeyword(), error.getSchemaNode(), description(error));
    return document.problem(pointer, "must be %s; found %s".formatted(wanted, shown(found)));
  }

  private static String wanted(String keyword, JsonNode limit, String description) {
    return switch (keyword) {
      case "type" -> limit.isArray() ? description : type(limit.asText(), description);
      case "const" -> limit.asText();
      case "enum" -> "one of " + words(limit) + " in this version";
      case "minimum" -> "at least " + limit + explained(description);
      case "exclusiveMinimum" -> "above " + limit + explained(description);
      case "maximum" -> "at most " + limit + explained(description);
      case "minLength" -> "a text, not empty" + explained(description);
      case "minItems" -> "a list with an entry, not empty" + explained(description);
      case "uniqueItems" -> "a list that names nothing twice" + explained(description);
      case "minProperties" ->
          (limit.asInt() == 1 ? "at least one field" : "at least %s fields".formatted(limit))
              + explained(description);
      default -> description;
    };
  }

  private static String type(String type, String description) {
    String word =
        switch (type) {
          case "string" -> "a text";
          case "integer" -> "a whole number";
          case "array" -> "a list";
          case "object" -> "a group of fields";
          default -> "a " + type;
        };
    return word + explained(description);
  }

  private static String explained(String description) {
    return " (" + description + ")";
  }

  private PolicyProblem unknown(Document document, String pointer, Error error) {
    String field = error.getProperty();
    String at = pointer + Document.step(field);
    if (LATER.containsKey(field) || LATER_STAGES.contains(field)) {
      return document.problem(at, later(field));
    }
    JsonNode known = parent(error).path("properties");
    List<String> names = new ArrayList<>();
    known.fieldNames().forEachRemaining(names::add);
    return document.problem(at, "unknown field; the fields here are " + String.join(", ", names));
  }

  private String later(String field) {
    String instead =
        LATER.getOrDefault(field, "the stages are " + String.join(" and ", stages.names()));
    return "'%s' is not part of this version of Espalier; %s".formatted(field, instead);
  }

  private String description(Error error) {
    return parent(error).path("description").asText();
  }

  private static String words(JsonNode list) {
    List<String> words = new ArrayList<>();
    list.forEach(word -> words.add(word.asText()));
    return String.join(", ", words);
  }

  private JsonNode parent(Error error) {
    String fragment = error.getSchemaLocation().getFragment().toString();
    return schema.getSchemaNode().at(fragment.substring(0, fragment.lastIndexOf('/')));
  }

  private static String shown(JsonNode found) {
    String text = found.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }

  /** The published JSON schema, as it is. */
  static String text() {
    try (InputStream schema = PolicySchema.class.getResourceAsStream(RESOURCE)) {
      if (schema == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      return new String(schema.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException(RESOURCE, failed);
    }
  }
}
