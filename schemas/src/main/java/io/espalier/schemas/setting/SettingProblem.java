package io.espalier.schemas.setting;

/**
 * Problem with a key that is given.
 *
 * @param path the key, with the groups around it and dots between; empty for the whole table
 * @param message wanted and found
 */
public record SettingProblem(String path, String message) {
  /** The same problem, seen from outside of a group or list item. */
  SettingProblem within(String group) {
    String separator = path.isEmpty() || path.startsWith("[") ? "" : ".";
    return new SettingProblem(group + separator + path, message);
  }
}
