package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * One document of a policy file, and on which line each of its fields is.
 *
 * @param source the file
 * @param root the document
 * @param lines line of each field, from 1, by its JSON pointer
 */
record Document(String source, JsonNode root, Map<String, Integer> lines) {
  Document {
    lines = Map.copyOf(lines);
  }

  /** Line of a field, or of the nearest one around it. */
  int line(String pointer) {
    String at = pointer;
    while (!lines.containsKey(at) && !at.isEmpty()) {
      at = at.substring(0, at.lastIndexOf('/'));
    }
    return lines.getOrDefault(at, 1);
  }

  PolicyProblem problem(String pointer, String message) {
    return new PolicyProblem(source, line(pointer), readable(pointer), message);
  }

  /** {@code /spec/gates/0/metric} as {@code spec.gates[0].metric}. */
  static String readable(String pointer) {
    var path = new StringBuilder();
    for (String step : pointer.split("/", -1)) {
      String name = step.replace("~1", "/").replace("~0", "~");
      if (!name.isEmpty() && name.chars().allMatch(Character::isDigit)) {
        path.append('[').append(name).append(']');
      } else {
        path.append(path.isEmpty() || name.isEmpty() ? "" : ".").append(name);
      }
    }
    return path.toString();
  }

  /** A step of a JSON pointer. */
  static String step(String name) {
    return "/" + name.replace("~", "~0").replace("/", "~1");
  }
}
