package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTest {
  private static final int TOKENS = 600_000;

  @TempDir private Path model;

  /** The vocabularies of today's largest models take 30 MB and more. */
  @Test
  void a_tokenizer_of_more_than_30_mb_is_read() throws IOException {
    Path file = model.resolve("tokenizer.json");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("{\"added_tokens\":[],\"model\":{\"vocab\":{\"</s>\":0");
      for (int id = 1; id < TOKENS; id++) {
        out.write(",\n\"a-token-of-a-language-of-the-world-no-%d\":%d".formatted(id, id));
      }
      out.write("}}}");
    }

    Vocabulary vocabulary = Vocabulary.read(model);

    assertThat(file).satisfies(large -> assertThat(Files.size(large)).isGreaterThan(30_000_000));
    assertThat(vocabulary.size()).isEqualTo(TOKENS);
    assertThat(vocabulary.end()).hasValue(0);
  }

  @Test
  void what_is_too_large_for_a_tokenizer_is_refused_before_it_is_read() throws IOException {
    Path file = sparse("tokenizer.json", 500_000_000);

    assertThatThrownBy(() -> Vocabulary.read(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            file
                + ": wanted a file of a tokenizer, which has at most 402653184 bytes, found"
                + " 500000000; is it another file under that name?");
  }

  @Test
  void files_of_roles_are_bounded_too_since_they_are_read_as_a_tree() throws IOException {
    Files.writeString(model.resolve("tokenizer.json"), "{\"model\":{\"vocab\":{\"a\":0}}}");
    Path file = sparse("tokenizer_config.json", 100_000_000);

    assertThatThrownBy(() -> Vocabulary.read(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            file + ": wanted a file of a tokenizer, which has at most 33554432");
  }

  /** A file of that size without a block on the disk. */
  private Path sparse(String name, long bytes) throws IOException {
    Path file = model.resolve(name);
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(bytes);
    }
    return file;
  }
}
