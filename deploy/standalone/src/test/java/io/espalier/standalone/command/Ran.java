package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Output of a command, and how it ended. */
record Ran(int code, String out, String err) {
  /** Runs a command in this JVM. */
  static Ran espalier(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Espalier.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out);
  }
}
