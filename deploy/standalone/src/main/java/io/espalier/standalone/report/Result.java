package io.espalier.standalone.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * Findings of a command.
 *
 * @param json all of it, for programs
 * @param table the same for people
 * @param exitCode what the process ends with
 * @param names what it found, by the names that other commands take; absent if it has none
 */
public record Result(JsonNode json, String table, int exitCode, Optional<List<String>> names) {
  /** A result of a command that did what it was asked to. */
  public static Result of(JsonNode json, String table) {
    return new Result(json, table, 0, Optional.empty());
  }

  /** The same with another exit code. */
  public Result withExitCode(int code) {
    return new Result(json, table, code, names);
  }

  /** The same with names for {@link Format#NAME}. */
  public Result withNames(List<String> found) {
    return new Result(json, table, exitCode, Optional.of(List.copyOf(found)));
  }
}
