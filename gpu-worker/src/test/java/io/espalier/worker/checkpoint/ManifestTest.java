package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ManifestTest {
  @TempDir Path folder;

  /** Expected by {@code sha256sum} and {@code cat digests | xxd -r -p | sha256sum}. */
  @Test
  void digests_files_in_the_order_of_their_paths() {
    Models.write(folder.resolve("b"), "abc");
    Models.write(folder.resolve("a/z"), "");
    Models.write(folder.resolve("a-1"), "abc");

    Manifest manifest = Manifest.of(folder);

    String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    String nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assertThat(manifest.files())
        .containsExactly(
            new FileDigest("a-1", 3, abc),
            new FileDigest("a/z", 0, nothing),
            new FileDigest("b", 3, abc));
    assertThat(manifest.bytes()).isEqualTo(6);
    assertThat(manifest.rootDigest())
        .isEqualTo("aea9bdc19ecee7acb8226afa2078e60a0f95d72eff6cfebd618eebe9bb6d2c23");
  }

  /**
   * Expected by Python's hashlib: for each path in order its bytes, a zero byte, {@code
   * struct.pack(">q", size)} and {@code sha256(content).digest()}.
   */
  @Test
  void the_listing_is_digested_with_paths_and_sizes() {
    Models.write(folder.resolve("b"), "abc");
    Models.write(folder.resolve("a/z"), "");
    Models.write(folder.resolve("a-1"), "abc");
    Models.write(folder.resolve("report.html"), "takes another time each time");

    assertThat(Manifest.of(folder).listingDigest())
        .isEqualTo("522650ce8f6b8418d41291fd9e190a8f8fe9606faaab127c9c5e5c43b1154806");
  }

  @Test
  void renaming_files_in_their_order_keeps_the_root_digest_and_changes_the_listing()
      throws IOException {
    Models.write(folder.resolve("adapter_config.json"), "evil");
    Models.write(folder.resolve("config.json"), "good");
    Manifest before = Manifest.of(folder);

    Files.move(folder.resolve("config.json"), folder.resolve("config2.json"));
    Files.move(folder.resolve("adapter_config.json"), folder.resolve("config.json"));

    assertThat(Manifest.of(folder).rootDigest()).isEqualTo(before.rootDigest());
    assertThat(Manifest.of(folder).listingDigest()).isNotEqualTo(before.listingDigest());
  }

  @Test
  void has_the_digest_of_nothing_for_an_empty_directory() {
    assertThat(Manifest.of(folder).rootDigest())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void changes_with_every_byte_and_every_hidden_file() throws IOException {
    Models.write(folder.resolve("a"), "abc");
    String before = Manifest.of(folder).rootDigest();

    Models.write(folder.resolve(".hidden"), "");
    String withHidden = Manifest.of(folder).rootDigest();
    Files.delete(folder.resolve(".hidden"));
    Models.write(folder.resolve("a"), "abd");
    String changed = Manifest.of(folder).rootDigest();

    assertThat(before).isNotEqualTo(withHidden).isNotEqualTo(changed);
    assertThat(withHidden).isNotEqualTo(changed);
  }

  /**
   * Expected by Python: {@code hashlib.sha256(b"".join(name.encode() + b"\\0" +
   * hashlib.sha256(text).digest() for name, text in sorted(files.items()))).hexdigest()}.
   */
  @Test
  void what_a_forward_pass_reads_has_a_digest_of_its_own() {
    Models.write(folder.resolve("config.json"), "{}");
    Models.write(folder.resolve("model.safetensors"), "abc");
    Models.write(folder.resolve("README.md"), "a card");

    assertThat(Manifest.of(folder).digests().forward())
        .isEqualTo("a87dbcc92af21775a81010548019a31c969d5c245672b82cf1cc9ff65ca4fad4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "generation_config.json",
        "espalier.json",
        "vocab.txt",
        "sub/config.json",
        "report.html"
      })
  void what_no_forward_pass_reads_may_change(String name) {
    Models.write(folder.resolve("config.json"), "{}");
    String before = Manifest.of(folder).forwardDigest();

    Models.write(folder.resolve(name), "other");

    assertThat(Manifest.of(folder).forwardDigest()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "model.safetensors",
        "model-00001-of-00002.safetensors",
        "stage-0/model.safetensors",
        "model.safetensors.index.json",
        "preprocessor_config.json",
        "tokenizer.json"
      })
  void what_a_forward_pass_reads_may_not(String name) {
    Models.write(folder.resolve(name), "one");
    String before = Manifest.of(folder).forwardDigest();

    Models.write(folder.resolve(name), "two");

    assertThat(Manifest.of(folder).forwardDigest()).isNotEqualTo(before);
  }

  @Test
  void refuses_links_out_of_the_directory() throws IOException {
    Path inside = Files.createDirectories(folder.resolve("inside"));
    Files.createSymbolicLink(inside.resolve("link"), Models.write(folder.resolve("outside"), ""));

    assertThatThrownBy(() -> Manifest.of(inside))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("symbolic link out of the directory");
  }
}
