package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Set;
import java.util.regex.Pattern;

/** Meaning of unquoted words of YAML: the core schema of YAML 1.2 without octal and hexadecimal. */
final class Scalars {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Set<String> TRUES = Set.of("true", "True", "TRUE");
  private static final Set<String> FALSES = Set.of("false", "False", "FALSE");
  private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9]{0,99})");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?([eE][-+]?[0-9]{1,3})?");

  private Scalars() {}

  static JsonNode plain(String word) {
    if (NULLS.contains(word)) {
      return JSON.nullNode();
    }
    if (TRUES.contains(word) || FALSES.contains(word)) {
      return JSON.booleanNode(TRUES.contains(word));
    }
    if (INTEGER.matcher(word).matches()) {
      return JSON.numberNode(new BigInteger(word));
    }
    return DECIMAL.matcher(word).matches()
        ? JSON.numberNode(new BigDecimal(word))
        : JSON.textNode(word);
  }
}
