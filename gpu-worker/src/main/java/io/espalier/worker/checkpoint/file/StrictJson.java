package io.espalier.worker.checkpoint.file;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * JSON as its standard has it: UTF-8 only, no key twice, nothing after the value. Numbers keep the
 * digits that they were written with.
 */
public final class StrictJson {
  /**
   * Size of the largest file that is read, in bytes. An index of 250,000 tensors has as many; what
   * is larger is not a description of a model, and as a tree it would fill the heap of a stage.
   */
  static final long LARGEST_FILE = 32L << 20;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Reads one value out of many; {@link #MAPPER} would take its neighbour for rubbish. */
  private static final ObjectReader ELEMENT =
      MAPPER.readerFor(JsonNode.class).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final ObjectWriter PRINTER = MAPPER.writer(pythonStyle());

  private StrictJson() {}

  private static PrettyPrinter pythonStyle() {
    var newLine = new DefaultIndenter("  ", "\n");
    return new DefaultPrettyPrinter(
            Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withObjectEmptySeparator("")
                .withArrayEmptySeparator(""))
        .withObjectIndenter(newLine)
        .withArrayIndenter(newLine);
  }

  /** A parser over strictly decoded UTF-8. */
  public static JsonParser parser(InputStream utf8) throws IOException {
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    return MAPPER.getFactory().createParser(new InputStreamReader(utf8, decoder));
  }

  /** The value that the parser stands at. */
  public static JsonNode value(JsonParser parser) throws IOException {
    return ELEMENT.readValue(parser);
  }

  /**
   * The object that a file holds.
   *
   * @throws InvalidInputException if it holds anything else
   */
  public static ObjectNode object(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.size(file) > LARGEST_FILE) {
        throw new InvalidInputException(
            "%s: wanted a JSON file of at most %d bytes, which is plenty to describe a model, found %d; is it another file under that name?"
                .formatted(file, LARGEST_FILE, Files.size(file)));
      }
      JsonNode root = MAPPER.readValue(parser(in), JsonNode.class);
      if (root instanceof ObjectNode object) {
        return object;
      }
      throw new InvalidInputException(
          "%s: wanted a JSON object, found %s".formatted(file, kind(root)));
    } catch (CharacterCodingException | JsonProcessingException e) {
      throw malformed(file.toString(), e);
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }

  /** An object without anything in it. */
  public static ObjectNode newObject() {
    return MAPPER.createObjectNode();
  }

  /** An object as a file of a model has it: indented by two spaces, as the Python libraries do. */
  public static ByteBuffer bytes(ObjectNode object) {
    try {
      return ByteBuffer.wrap(
          (PRINTER.writeValueAsString(object) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a JSON tree that cannot be written", e);
    }
  }

  /** Parser's text on the start of what does not end; it may not name the source. */
  private static final String PLACE_IN_SOURCE = " \\(start marker at \\[[^]]*\\]\\)";

  /** Returns what is wrong with a text that is no JSON or no UTF-8. */
  public static InvalidInputException malformed(String where, IOException cause) {
    if (cause instanceof JsonProcessingException json) {
      JsonLocation at = json.getLocation();
      String place =
          at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
      return new InvalidInputException(
          "%s: is not valid JSON: %s%s"
              .formatted(where, json.getOriginalMessage().replaceAll(PLACE_IN_SOURCE, ""), place));
    }
    return new InvalidInputException("%s: is not valid UTF-8".formatted(where));
  }

  /** Returns what a value is, for messages: {@code array}, {@code string}, {@code nothing}. */
  public static String kind(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
  }
}
