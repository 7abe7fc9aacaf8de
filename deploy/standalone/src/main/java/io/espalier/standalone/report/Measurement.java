package io.espalier.standalone.report;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A quantity before and after.
 *
 * @param name such as {@code accuracy}
 * @param unit such as {@code fraction}
 * @param before value for the model that went in
 * @param after value for the model that came out
 */
public record Measurement(String name, String unit, OptionalDouble before, OptionalDouble after) {
  /** The values before, by name; those that were not measured are left out. */
  public static ObjectNode before(List<Measurement> measurements) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    measurements.forEach(each -> each.before().ifPresent(value -> put(json, each.name(), value)));
    return json;
  }

  /** The values after, by name; those that were not measured are left out. */
  public static ObjectNode after(List<Measurement> measurements) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    measurements.forEach(each -> each.after().ifPresent(value -> put(json, each.name(), value)));
    return json;
  }

  /** A table with a row per quantity. */
  public static String table(List<Measurement> measurements) {
    var table = new TextTable("", "before", "after", "change");
    for (Measurement each : measurements) {
      table.row(each.name(), each.text(each.before()), each.text(each.after()), each.change());
    }
    return table.toString();
  }

  /** One of its values in words; a dash if it is not known. */
  public String text(OptionalDouble value) {
    return value.isPresent() ? Figures.of(value.getAsDouble(), unit) : "-";
  }

  /** The change from before to after in words; a dash if it is not known. */
  public String change() {
    return before.isPresent() && after.isPresent()
        ? Figures.change(before.getAsDouble(), after.getAsDouble(), unit)
        : "-";
  }

  private static void put(ObjectNode json, String name, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.put(name, (long) value);
    } else {
      json.put(name, value);
    }
  }
}
