package io.espalier.schemas.policy;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.schemas.stage.StageDeclarations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The policy's JSON schema as a file: what it says of stages is drawn from their declarations. */
final class PublishedPolicySchema {
  /** Path, relative to this module. */
  static final Path FILE =
      Path.of("src/main/resources/io/espalier/schemas/policy/pruning-policy.schema.json");

  private PublishedPolicySchema() {}

  /** Writes it to its place. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(FILE, text());
  }

  /** Returns what the file should say. */
  static String text() throws IOException {
    var separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withArrayEmptySeparator("")
            .withObjectEmptySeparator("");
    var printer =
        new DefaultPrettyPrinter(separators).withObjectIndenter(new DefaultIndenter("  ", "\n"));
    return new ObjectMapper()
            .writer(printer)
            .writeValueAsString(
                StageSchema.fill(Files.readString(FILE), StageDeclarations.standard()))
        + "\n";
  }
}
