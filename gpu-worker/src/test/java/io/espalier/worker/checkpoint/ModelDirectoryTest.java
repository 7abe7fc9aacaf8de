package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelDirectoryTest {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void make_place() throws IOException {
    model = Files.createDirectories(folder.resolve("model"));
  }

  @Test
  void opens_what_another_library_wrote() {
    ModelDirectory resnet = ModelDirectory.open(Golden.path("cifar-resnet20"));

    assertThat(resnet.config().path("architecture").asText()).isEqualTo("cifar_resnet20");
    assertThat(resnet.shapes().get("layer2.0.conv1.weight")).containsExactly(32, 16, 3, 3);
    assertThat(resnet.read("bn1.num_batches_tracked").shape()).isEmpty();
    assertThat(resnet.bytes()).isEqualTo(1_094_272);
  }

  @Test
  void opens_shards_as_one() {
    Models.sharded(model, abc(), 2);

    ModelDirectory opened = ModelDirectory.open(model);

    assertThat(opened.tensors()).containsOnlyKeys("a", "b", "c");
    assertThat(opened.read("b").bytes()).isEqualTo(Models.numbered(4).bytes());
    assertThatThrownBy(() -> opened.read("d")).hasMessage(model + " has no tensor 'd'");
  }

  @Test
  void keeps_the_digits_of_config_json() throws IOException {
    Models.single(model, abc());
    String text =
        "{\n  \"eps\": 0.00001,\n  \"theta\": 10000.0,\n  \"sizes\": [\n    1,\n    2\n  ]\n}\n";
    Models.write(model.resolve("config.json"), text);

    ModelDirectory.writeConfig(folder, ModelDirectory.open(model).config());

    assertThat(Files.readString(folder.resolve("config.json"))).isEqualTo(text);
  }

  @Test
  void gives_a_copy_of_its_config() {
    ModelDirectory opened = ModelDirectory.open(Models.single(model, abc()));

    opened.config().put("architecture", "other");

    assertThat(opened.config().path("architecture").asText()).isEqualTo("test");
  }

  @Test
  void refuses_what_is_no_directory() {
    assertThatThrownBy(() -> ModelDirectory.open(folder.resolve("none")))
        .hasMessage(folder.resolve("none") + ": wanted a directory, found nothing");
    assertThatThrownBy(() -> ModelDirectory.open(Models.write(folder.resolve("file"), "")))
        .hasMessage(folder.resolve("file") + ": wanted a directory, found a file");
  }

  @Test
  void tells_of_a_missing_config_and_missing_weights_at_once() {
    assertThat(problems())
        .satisfiesExactly(
            problem ->
                assertThat(problem).contains("wanted config.json, which says what the model is"),
            problem ->
                assertThat(problem)
                    .endsWith("wanted model.safetensors or " + INDEX + ", found neither"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]      | wanted a JSON object, found array",
        "{       | is not valid JSON",
        "''      | is not valid JSON: No content",
        "{'a':1} | is not valid JSON",
        "{} {}   | is not valid JSON",
        "{\"a\":1,\"a\":2} | Duplicate"
      })
  void refuses_a_config_that_is_no_object(String config, String problem) {
    Models.single(model, abc());
    Models.write(model.resolve("config.json"), config);

    assertThat(problems()).singleElement().asString().contains("config.json", problem);
  }

  @Test
  void refuses_a_config_that_is_no_utf_8() throws IOException {
    Models.single(model, abc());
    Files.write(
        model.resolve("config.json"), new byte[] {'{', '"', (byte) 0xe9, '"', ':', '1', '}'});

    assertThat(problems()).containsExactly(model.resolve("config.json") + ": is not valid UTF-8");
  }

  /** 100 MB without a block on the disk: they would be several hundred as a tree. */
  @ParameterizedTest
  @ValueSource(strings = {"config.json", "preprocessor_config.json"})
  void refuses_a_description_that_would_fill_the_heap_before_it_is_read(String name)
      throws IOException {
    Models.single(model, abc());
    try (var file = new RandomAccessFile(model.resolve(name).toFile(), "rw")) {
      file.setLength(100_000_000);
    }

    assertThat(problems())
        .containsExactly(
            model.resolve(name)
                + ": wanted a JSON file of at most 33554432 bytes, which is plenty to describe a"
                + " model, found 100000000; is it another file under that name?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pytorch_model.bin", "model.pt", "resnet.pth", "last.ckpt", "m.pkl", "MODEL.PTH"})
  void refuses_pickles_and_says_how_to_convert_them(String weights) {
    Models.write(model.resolve("config.json"), "{}");
    Models.write(model.resolve(weights), "pickle");

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("found [" + weights + "]", "can run code", "safetensors.torch.save_file");
  }

  @Test
  void refuses_shards_that_are_pickles() {
    index("{\"weight_map\": {\"a\": \"pytorch_model-00001-of-00002.bin\"}}");

    assertThat(problems()).singleElement().asString().contains("can run code", "save_file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/model.safetensors",
        "sub/../../model.safetensors",
        "sub//model.safetensors",
        "./model.safetensors",
        "sub/.safetensors",
        "..\\\\model.safetensors",
        "C:\\\\model.safetensors",
        "..",
        "",
        "model.txt",
        ".safetensors",
        "a\\u0000.safetensors"
      })
  void refuses_shards_that_may_lie_outside(String shard) throws IOException {
    Models.single(Files.createDirectories(folder), abc());
    index("{\"weight_map\": {\"a\": \"%s\"}}".formatted(shard));

    assertThat(problems()).singleElement().asString().contains("named without '\\', '..' or a '/'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                       | weight_map must be an object from tensor to file, found"
            + " nothing",
        "{\"weight_map\": []}     | weight_map must be an object from tensor to file, found array",
        "{\"weight_map\": {}}     | weight_map must be an object from tensor to file, found an"
            + " empty one",
        "{\"weight_map\": {\"a\": 1}} | tensor 'a': wanted a file name, found number",
        "[                        | is not valid JSON"
      })
  void refuses_an_index_that_maps_nothing(String text, String problem) {
    index(text);

    assertThat(problems()).singleElement().asString().contains(INDEX, problem);
  }

  @Test
  void tells_every_disagreement_of_index_and_shards_at_once() {
    SafetensorsWriter.write(model.resolve(FIRST), abc());
    SafetensorsWriter.write(model.resolve(SECOND), Map.of("b", Models.numbered(4)));
    Models.write(model.resolve("model-00003-of-00003.safetensors"), "");
    index(
        "{\"weight_map\": {\"a\": \"%s\", \"b\": \"%s\", \"x\": \"%s\", \"y\": \"gone.safetensors\"}}"
            .formatted(FIRST, SECOND, SECOND));

    assertThat(problems())
        .map(problem -> problem.substring(model.toString().length()))
        .containsExactlyInAnyOrder(
            ": 1 of the 3 shards that %s names are not there: [gone.safetensors]; put them into the directory"
                .formatted(INDEX),
            ": 'model-00003-of-00003.safetensors' looks like a shard, but %s does not name it"
                .formatted(INDEX),
            ": %s puts tensors [x] into '%s', which does not hold them; take index and shards from the same export"
                .formatted(INDEX, SECOND),
            ": tensors [b] are in several shards: [%s, %s]; keep one of each, or merge them if they are parts, one per tensor-parallel rank"
                .formatted(FIRST, SECOND),
            ": tensors [c] are in shard '%s', but not in %s".formatted(FIRST, INDEX));
  }

  /** More of them than problems are listed. */
  @Test
  void names_every_missing_shard_and_every_absent_tensor() {
    SafetensorsWriter.write(model.resolve(FIRST), Map.of("a", Models.numbered(4)));
    var map = new StringJoiner(",");
    map.add("\"a\": \"%s\"".formatted(FIRST));
    for (int i = 0; i < 150; i++) {
      map.add("\"absent.%d\": \"%s\"".formatted(i, FIRST));
      map.add("\"lost.%d\": \"stage/%d.safetensors\"".formatted(i, i));
    }
    index("{\"weight_map\": {%s}}".formatted(map));

    assertThat(problems())
        .hasSize(2)
        .anySatisfy(
            problem ->
                assertThat(problem)
                    .contains("150 of the 151 shards")
                    .contains(names(i -> "stage/" + i + ".safetensors")))
        .anySatisfy(
            problem -> assertThat(problem).contains(FIRST).contains(names(i -> "absent." + i)));
  }

  private static List<String> names(IntFunction<String> name) {
    return IntStream.range(0, 150).mapToObj(name).toList();
  }

  @Test
  void opens_stages_in_folders_as_one() throws IOException {
    Files.createDirectories(model.resolve("stage-0"));
    Files.createDirectories(model.resolve("stage-1"));
    SafetensorsWriter.write(
        model.resolve("stage-0/model.safetensors"), Map.of("a", Models.numbered(3)));
    SafetensorsWriter.write(
        model.resolve("stage-1/rank1.safetensors"), Map.of("b", Models.numbered(2)));
    index(
        "{\"weight_map\": {\"a\": \"stage-0/model.safetensors\", \"b\":"
            + " \"stage-1/rank1.safetensors\"}}");

    ModelDirectory opened = ModelDirectory.open(model);

    assertThat(opened.tensors()).containsOnlyKeys("a", "b");
    assertThat(opened.read("b").shape()).containsExactly(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iter_0000100/mp_rank_00/model_optim_rng.pt | one model-parallel rank",
        "mp_rank_01_model_states.pt                 | one model-parallel rank",
        "model_state.tp03.pdparams                  | one model-parallel rank",
        "__0_0.distcp                               | torch.distributed.checkpoint",
        "dist_checkpoint/common.pt                  | torch.distributed.checkpoint",
        "consolidated.00.pth                        | as Llama was first published",
        "model_00-model_01.safetensors              | prepared for a server",
        "model-rank-0-part-0.safetensors            | prepared for a server",
        "rank3.safetensors                          | prepared for a server"
      })
  void refuses_parts_of_tensors_and_says_where_to_merge_them(String file, String what) {
    Models.write(model.resolve("config.json"), "{}");
    Models.write(model.resolve(file), "");

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("found [" + file + "], which hold", what, "split over ranks are not read. ");
  }

  @Test
  void refuses_an_index_of_parts() throws IOException {
    Files.createDirectories(model.resolve("mp_rank_00"));
    SafetensorsWriter.write(model.resolve("mp_rank_00/a.safetensors"), abc());
    index("{\"weight_map\": {\"a\": \"mp_rank_00/a.safetensors\"}}");

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("weight_map names [mp_rank_00/a.safetensors]", "AutoBridge.export_ckpt");
  }

  @Test
  void tells_of_safetensors_that_nothing_lists() {
    Models.write(model.resolve("config.json"), "{}");
    SafetensorsWriter.write(model.resolve("stage-0.safetensors"), abc());

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("found [stage-0.safetensors], but nothing that says which tensors");
  }

  @Test
  void ignores_parts_beside_a_whole_model() {
    Models.single(model, abc());
    Models.write(model.resolve("original/consolidated.00.pth"), "pickle");

    assertThat(ModelDirectory.open(model).tensors()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void refuses_shards_without_an_index() {
    Models.write(model.resolve("config.json"), "{}");
    SafetensorsWriter.write(model.resolve(FIRST), abc());

    assertThat(problems()).anyMatch(problem -> problem.endsWith("but there is no " + INDEX));
  }

  @Test
  void refuses_two_sets_of_weights() {
    Models.sharded(model, abc(), 2);
    Models.single(model, abc());

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("has both model.safetensors and " + INDEX);
  }

  @Test
  void tells_what_is_wrong_with_every_shard() {
    Models.sharded(model, abc(), 2);
    Models.write(model.resolve(FIRST), "short");
    Models.write(model.resolve(SECOND), "short");

    assertThat(problems())
        .containsExactly(
            model.resolve(FIRST) + ": a safetensors file has at least 8 bytes, found 5",
            model.resolve(SECOND) + ": a safetensors file has at least 8 bytes, found 5");
  }

  @Test
  void refuses_links_out_of_the_directory_without_following_them() throws IOException {
    Models.single(folder, abc());
    Models.write(model.resolve("config.json"), "{}");
    Files.createSymbolicLink(model.resolve("model.safetensors"), Path.of("../model.safetensors"));
    Files.createSymbolicLink(model.resolve("tokenizer"), folder);
    Files.createSymbolicLink(model.resolve("dangling"), Path.of("nothing"));

    assertThat(problems())
        .satisfiesExactlyInAnyOrder(
            problem -> assertThat(problem).contains("model.safetensors: symbolic link out of"),
            problem -> assertThat(problem).contains("tokenizer: symbolic link out of"),
            problem ->
                assertThat(problem).contains("dangling: symbolic link to nothing, which does not"));
  }

  @Test
  void follows_links_that_stay_inside() throws IOException {
    Models.single(model, abc());
    Files.move(model.resolve("model.safetensors"), model.resolve("blob"));
    Files.createSymbolicLink(model.resolve("model.safetensors"), Path.of("blob"));

    assertThat(ModelDirectory.open(model).tensors()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void opens_a_directory_that_is_itself_a_link() throws IOException {
    Models.single(model, abc());
    Path link = Files.createSymbolicLink(folder.resolve("link"), model);

    ModelDirectory opened = ModelDirectory.open(link);

    assertThat(opened.tensors()).containsOnlyKeys("a", "b", "c");
    assertThat(opened.rootDigest()).isEqualTo(ModelDirectory.open(model).rootDigest());
    assertThat(Manifest.of(link)).isEqualTo(Manifest.of(model));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"})
  void names_what_git_left_in_place_of_large_files(String file) {
    Models.single(model, abc());
    Models.write(
        model.resolve(file),
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 440473133\n");

    assertThat(problems())
        .singleElement()
        .asString()
        .contains("[" + file + "]")
        .contains("are git-LFS pointers in place of the files; run `git lfs pull`");
  }

  @Test
  void opens_although_git_left_a_file_away_that_is_not_needed() {
    Models.single(model, abc());
    Models.write(
        model.resolve("onnx.bin"), "version https://git-lfs.github.com/spec/v1\nsize 44\n");

    assertThat(ModelDirectory.open(model).tensors()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void ignores_pickles_beside_safetensors() {
    Models.single(model, abc());
    Models.write(model.resolve("pytorch_model.bin"), "pickle");

    assertThat(ModelDirectory.open(model).tensors()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void tells_every_wrong_tensor_and_guesses_what_was_meant() {
    var tensors = new LinkedHashMap<String, TensorData>();
    tensors.put("bert.layer.0.dense.weight", Models.numbered(2));
    tensors.put("fc.weigth", Models.numbered(2));
    tensors.put("conv1.weight", Models.numbered(2, 3));
    tensors.put("ok", Models.numbered(1));
    ModelDirectory opened = ModelDirectory.open(Models.single(model, tensors));
    var expected = new LinkedHashMap<String, long[]>();
    expected.put("layer.0.dense.weight", new long[] {2});
    expected.put("fc.weight", new long[] {2});
    expected.put("conv1.weight", new long[] {3, 2});
    expected.put("zzz", new long[] {});
    expected.put("ok", new long[] {1});

    InvalidInputException refusal =
        catchThrowableOfType(InvalidInputException.class, () -> opened.requireShapes(expected));

    assertThat(refusal.problems())
        .map(problem -> problem.substring(model.toString().length()))
        .containsExactly(
            ": tensor 'layer.0.dense.weight' is missing: wanted shape [2]; did you mean"
                + " 'bert.layer.0.dense.weight', which it has?",
            ": tensor 'fc.weight' is missing: wanted shape [2]; did you mean 'fc.weigth', which it"
                + " has?",
            ": tensor 'zzz' is missing: wanted shape []",
            ": tensor 'bert.layer.0.dense.weight' of shape [2] is not part of the architecture",
            ": tensor 'fc.weigth' of shape [2] is not part of the architecture",
            ": tensor 'conv1.weight': wanted shape [3, 2], found [2, 3]");
  }

  @Test
  void accepts_exactly_the_expected_tensors() {
    ModelDirectory opened = ModelDirectory.open(Models.single(model, abc()));

    opened.requireShapes(Map.of("a", new long[] {2, 3}, "b", new long[] {4}, "c", new long[] {1}));

    assertThat(opened.shapes().keySet()).containsExactly("a", "b", "c");
  }

  @Test
  void some_of_the_tensors_can_be_asked_for_alone() {
    ModelDirectory opened = ModelDirectory.open(Models.single(model, abc()));
    Map<String, long[]> wrong = Map.of("a", new long[] {3, 2}, "d", new long[] {1});

    opened.requireSomeShapes(Map.of("b", new long[] {4}));

    assertThat(
            catchThrowableOfType(InvalidInputException.class, () -> opened.requireSomeShapes(wrong))
                .problems())
        .containsExactlyInAnyOrder(
            model + ": tensor 'd' is missing: wanted shape [1]",
            model + ": tensor 'a': wanted shape [3, 2], found [2, 3]");
  }

  private void index(String text) {
    Models.write(model.resolve("config.json"), "{}");
    Models.write(model.resolve(INDEX), text);
  }

  private List<String> problems() {
    return catchThrowableOfType(InvalidInputException.class, () -> ModelDirectory.open(model))
        .problems();
  }

  private static Map<String, TensorData> abc() {
    var tensors = new LinkedHashMap<String, TensorData>();
    tensors.put("a", Models.numbered(2, 3));
    tensors.put("b", Models.numbered(4));
    tensors.put("c", Models.numbered(1));
    return tensors;
  }
}
