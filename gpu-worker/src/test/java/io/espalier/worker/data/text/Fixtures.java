package io.espalier.worker.data.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.TextTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tokenizers that Python made, with what it says of texts. */
final class Fixtures {
  static final String WORD_PIECE = "/golden/scores/squad-windows";
  static final String ROBERTA = "/tokenizers/byte-bpe-roberta";
  static final String GPT2 = "/tokenizers/byte-bpe-gpt2";

  private Fixtures() {}

  static Path directory(String fixture) {
    try {
      return Path.of(Fixtures.class.getResource(fixture).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Tokenizer tokenizer(String fixture) {
    return Tokenizer.open(directory(fixture), input(TextTask.FEATURE_EXTRACTION));
  }

  static JsonNode expected(String fixture) {
    try {
      return new ObjectMapper().readTree(directory(fixture).resolve("expected.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int[] ints(JsonNode array) {
    return new ObjectMapper().convertValue(array, int[].class);
  }

  /** A model of 420 tokens, 128 positions, two segments, padding 1, labels bad and good. */
  static TextInput input(TextTask task) {
    return new TextInput(task, 420, 128, 2, 1, List.of("bad", "good"));
  }

  static Path write(Path directory, String name, String content) {
    try {
      return Files.writeString(directory.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
