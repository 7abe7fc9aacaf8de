package io.espalier.schemas.policy;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * The one way to write a JSON value: keys sorted, no white space, numbers without exponent and
 * without zeros that say nothing. Equal values are equal texts, so that a digest of it is one of
 * the value.
 */
public final class CanonicalJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN);
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private CanonicalJson() {}

  /** A JSON value in canonical form. */
  public static String of(JsonNode value) {
    try {
      return MAPPER.writeValueAsString(sorted(value));
    } catch (JsonProcessingException impossible) {
      throw new IllegalArgumentException("cannot be written as JSON: " + value, impossible);
    }
  }

  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      var object = JSON.objectNode();
      List<String> names = new ArrayList<>();
      value.fieldNames().forEachRemaining(names::add);
      names.stream().sorted().forEach(name -> object.set(name, sorted(value.get(name))));
      return object;
    }
    if (value.isArray()) {
      var array = JSON.arrayNode();
      value.forEach(item -> array.add(sorted(item)));
      return array;
    }
    return value.isNumber() ? number(value.decimalValue()) : value;
  }

  private static JsonNode number(BigDecimal value) {
    BigDecimal plain = value.stripTrailingZeros();
    return plain.scale() <= 0 ? JSON.numberNode(plain.toBigInteger()) : JSON.numberNode(plain);
  }
}
