package io.espalier.standalone.report;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a command found out.
 *
 * @param json all of it, for programs
 * @param table the same for people
 * @param exitCode what the process ends with
 */
public record Result(JsonNode json, String table, int exitCode) {
  /** A result of a command that did what it was asked to. */
  public static Result of(JsonNode json, String table) {
    return new Result(json, table, 0);
  }

  /** The same with another exit code. */
  public Result withExitCode(int code) {
    return new Result(json, table, code);
  }
}
