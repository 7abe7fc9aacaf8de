package io.espalier.worker.checkpoint.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.Golden;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.checkpoint.NaiveCut;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SurgeryTest {
  private static final Axis ROWS = new Axis("rows", 3);
  private static final Axis COLUMNS = new Axis("columns", 2);

  @TempDir Path folder;

  @Test
  void cuts_llama_to_the_bytes_that_a_really_smaller_model_has() throws IOException {
    SafetensorsFile scores =
        SafetensorsFile.open(Golden.path("scores/masked-llama/scores.safetensors"));
    int[] layers = indices(scores, "kept.layers");
    var units = new LinkedHashMap<String, int[]>();
    units.put("layers", layers);
    units.put("hidden", indices(scores, "kept.hidden"));
    for (int layer : layers) {
      for (String kind : List.of("neurons", "heads", "groups")) {
        units.put(
            "model.layers.%d.%s".formatted(layer, kind),
            indices(scores, "kept.layer.%d.%s".formatted(layer, kind)));
      }
    }

    Surgery.cut(
        ModelDirectory.open(Golden.path("llama")), llama(), new Kept(units), folder.resolve("cut"));

    assertThat(folder.resolve("cut/model.safetensors"))
        .hasSameBinaryContentAs(Golden.path("scores/masked-llama/sliced-all/model.safetensors"));
  }

  @Test
  void cuts_by_units_of_several_indices() {
    var heads = new Axis("heads", 3);
    var architecture =
        Models.architecture(
            List.of(heads),
            List.of(Models.spec("q", new Dimension.Along(heads, 2), Dimension.fixed(2))));
    Path model = Models.single(folder.resolve("model"), Map.of("q", Models.numbered(6, 2)));

    Surgery.cut(
        ModelDirectory.open(model),
        architecture,
        new Kept(Map.of("heads", new int[] {0, 2})),
        folder.resolve("cut"));

    TensorData q = ModelDirectory.open(folder.resolve("cut")).read("q");
    assertThat(q.shape()).containsExactly(4, 2);
    assertThat(q.bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 8, 9, 10, 11}));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F64", "U8"})
  void cuts_tensors_larger_than_its_buffers(DType dtype) {
    var random = new Random(20);
    var out = new Axis("out", 700);
    var in = new Axis("in", 1500);
    var tensor = Models.spec("w", Dimension.along(out), Dimension.along(in));
    TensorData source = Models.random(dtype, tensor.shape(), random);
    Path model = Models.single(folder.resolve("model"), Map.of("w", source));
    var scattered = new Kept(Map.of("out", some(700, 350, random), "in", some(1500, 700, random)));
    var nearlyAll = new Kept(Map.of("out", some(700, 699, random), "in", some(1500, 1499, random)));
    var rows = new Kept(Map.of("out", some(700, 300, random)));

    for (Kept kept : List.of(scattered, nearlyAll, rows, Kept.all())) {
      Path to = folder.resolve("cut-" + kept.width(out) + "-" + kept.width(in));
      Surgery.cut(
          ModelDirectory.open(model),
          Models.architecture(List.of(out, in), List.of(tensor)),
          kept,
          to);

      TensorData expected = NaiveCut.cut(source, tensor, kept);
      TensorData found = ModelDirectory.open(to).read("w");
      assertThat(found.shape()).isEqualTo(expected.shape());
      assertThat(found.bytes()).isEqualTo(expected.bytes());
    }
  }

  /** The first and the last element that stay are further apart than what is read at once. */
  @Test
  void cuts_rows_longer_than_its_buffers() {
    var units = new Axis("units", 200_000);
    var tensor = Models.spec("w", Dimension.fixed(2), Dimension.along(units));
    TensorData source = Models.random(DType.F64, tensor.shape(), new Random(3));
    Path model = Models.single(folder.resolve("model"), Map.of("w", source));
    var kept =
        new Kept(Map.of("units", IntStream.range(0, 200_000).filter(i -> i % 3 != 1).toArray()));

    Surgery.cut(
        ModelDirectory.open(model),
        Models.architecture(List.of(units), List.of(tensor)),
        kept,
        folder.resolve("cut"));

    assertThat(ModelDirectory.open(folder.resolve("cut")).read("w").bytes())
        .isEqualTo(NaiveCut.cut(source, tensor, kept).bytes());
  }

  @Test
  void keeps_shards_and_rewrites_the_index() throws IOException {
    var tensors = new LinkedHashMap<String, TensorData>();
    tensors.put("a", Models.numbered(3, 2));
    tensors.put("b", Models.numbered(3));
    tensors.put("c", Models.numbered(2));
    Path model = Models.sharded(folder.resolve("model"), tensors, 2);

    cut(model, new Kept(Map.of("rows", new int[] {0, 2})));

    JsonNode index =
        new ObjectMapper().readTree(folder.resolve("cut/model.safetensors.index.json").toFile());
    assertThat(index.at("/metadata/total_size").asInt()).isEqualTo(4 + 2 + 2);
    assertThat(index.at("/metadata/total_parameters").asInt()).isEqualTo(4 + 2 + 2);
    assertThat(index.at("/metadata/note").asText()).isEqualTo("as it was");
    assertThat(index.at("/weight_map/b").asText()).isEqualTo("model-00002-of-00002.safetensors");
    ModelDirectory cut = ModelDirectory.open(folder.resolve("cut"));
    assertThat(cut.shards())
        .containsOnlyKeys("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    assertThat(cut.read("b").bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 2}));
  }

  @Test
  void numbers_shards_anew_when_nothing_is_left_of_one() {
    var layers = new Axis("layers", 3);
    var tensors = new LinkedHashMap<String, TensorData>();
    var specs = new ArrayList<TensorSpec>();
    for (int i = 0; i < 3; i++) {
      tensors.put("h." + i, Models.numbered(2 + i));
      specs.add(Models.spec("h." + i, Dimension.fixed(2 + i)));
    }
    Path model = Models.sharded(folder.resolve("model"), tensors, 3);

    Surgery.cut(
        ModelDirectory.open(model),
        Models.architecture(List.of(), specs).withStacks(new Stack(layers, "h.")),
        new Kept(Map.of("layers", new int[] {0, 2})),
        folder.resolve("cut"));

    ModelDirectory cut = ModelDirectory.open(folder.resolve("cut"));
    assertThat(cut.shards())
        .containsOnlyKeys("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    assertThat(cut.read("h.1").shape()).containsExactly(4);
  }

  @Test
  void keeps_stages_where_they_lie() throws IOException {
    Path model = folder.resolve("model");
    Models.write(model.resolve("config.json"), "{}");
    Files.createDirectories(model.resolve("stage-1"));
    SafetensorsWriter.write(
        model.resolve("first.safetensors"),
        Map.of("a", Models.numbered(3, 2), "c", Models.numbered(2)));
    SafetensorsWriter.write(
        model.resolve("stage-1/model.safetensors"), Map.of("b", Models.numbered(3)));
    Models.write(model.resolve("stage-1/model.safetensors.index.json"), "{}");
    Models.write(
        model.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a\": \"first.safetensors\", \"c\": \"first.safetensors\","
            + " \"b\": \"stage-1/model.safetensors\"}}");

    Manifest written = cut(model, new Kept(Map.of("rows", new int[] {0, 2})));

    assertThat(written.files())
        .extracting(FileDigest::path)
        .containsExactly(
            "config.json",
            "first.safetensors",
            "model.safetensors.index.json",
            "stage-1/model.safetensors");
    assertThat(ModelDirectory.open(folder.resolve("cut")).read("b").bytes())
        .isEqualTo(ByteBuffer.wrap(new byte[] {0, 2}));
  }

  /** They have 6, 3 and 2 bytes. */
  @ParameterizedTest
  @CsvSource({
    "1, a b c",
    "2, a b c",
    "4, a b c",
    "5, a b+c",
    "6, a b+c",
    "8, a b+c",
    "9, a+b c",
    "10, a+b c"
  })
  void fills_shards_in_the_order_of_the_forward_pass(long largest, String expected)
      throws IOException {
    Path model = Models.single(folder.resolve("model"), abc());

    Surgery.cut(
        ModelDirectory.open(model),
        Models.architecture(List.of(ROWS, COLUMNS), specs()),
        Kept.all(),
        Sharding.upTo(largest),
        folder.resolve("cut"));

    ModelDirectory cut = ModelDirectory.open(folder.resolve("cut"));
    assertThat(
            cut.shards().values().stream()
                .map(shard -> String.join("+", shard.tensors().keySet()))
                .toList())
        .containsExactly(expected.split(" "));
    int count = cut.shards().size();
    for (int i = 1; i <= count; i++) {
      assertThat(cut.shards()).containsKey("model-%05d-of-%05d.safetensors".formatted(i, count));
    }
    JsonNode index =
        new ObjectMapper().readTree(folder.resolve("cut/model.safetensors.index.json").toFile());
    assertThat(index.at("/metadata"))
        .isEqualTo(new ObjectMapper().readTree("{\"total_size\": 11}"));
    assertThat(index.at("/weight_map")).hasSize(3);
  }

  @Test
  void puts_shards_into_one_file_if_it_may_be_so_large() {
    Path model = Models.sharded(folder.resolve("model"), abc(), 3);

    Manifest written =
        Surgery.cut(
            ModelDirectory.open(model),
            Models.architecture(List.of(ROWS, COLUMNS), specs()),
            Kept.all(),
            Sharding.upTo(11),
            folder.resolve("cut"));

    Path single = Models.single(folder.resolve("single"), abc());
    assertThat(written.files())
        .extracting(FileDigest::path)
        .containsExactly("config.json", "model.safetensors");
    assertThat(folder.resolve("cut/model.safetensors"))
        .hasSameBinaryContentAs(single.resolve("model.safetensors"));
  }

  @Test
  void zeroes_in_shards_of_another_size_too() {
    Path model = Models.single(folder.resolve("model"), abc());

    Surgery.zero(
        ModelDirectory.open(model),
        Models.architecture(List.of(ROWS, COLUMNS), specs()),
        new Kept(Map.of("rows", new int[] {1})),
        Sharding.upTo(5),
        folder.resolve("zeroed"));

    ModelDirectory zeroed = ModelDirectory.open(folder.resolve("zeroed"));
    assertThat(zeroed.shards()).hasSize(2);
    assertThat(zeroed.read("a").bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 0, 2, 3, 0, 0}));
    assertThat(zeroed.read("b").bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 0}));
  }

  @Test
  void refuses_to_zero_a_module() {
    Path model = Models.single(folder.resolve("model"), Map.of("h.0", Models.numbered(2)));
    var architecture =
        Models.architecture(List.of(), List.of(Models.spec("h.0", Dimension.fixed(2))))
            .withStacks(new Stack(new Axis("layers", 2), "h."));

    assertThatThrownBy(
            () ->
                Surgery.zero(
                    ModelDirectory.open(model),
                    architecture,
                    new Kept(Map.of("layers", new int[] {0})),
                    folder.resolve("zeroed")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("cannot drop modules 'h.*' (axis 'layers') and keep the shape");
    assertThat(folder.resolve("zeroed")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "5GB, 5000000000",
    "5GiB, 5368709120",
    "200MB, 200000000",
    "3KiB, 3072",
    "9TB, 9000000000000",
    "7B, 7",
    "9223372036854775807, 9223372036854775807"
  })
  void reads_sizes_of_shards(String size, long bytes) {
    assertThat(Sharding.of(size)).contains(Sharding.upTo(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0GB",
        "-1",
        "1.5GB",
        "5gb",
        "5 GB",
        "GB",
        "9223372036854775808",
        "9999999999TB"
      })
  void refuses_other_sizes_of_shards(String size) {
    assertThat(Sharding.of(size)).isEmpty();
  }

  @Test
  void carries_other_files_over_and_leaves_uncut_weights_behind() throws IOException {
    Path model = Models.single(folder.resolve("model"), abc());
    Models.write(model.resolve("tokenizer/vocab.txt"), "words");
    Models.write(model.resolve(".hidden"), "");
    for (String weights :
        List.of(
            "pytorch_model.bin",
            "pytorch_model.bin.index.json",
            "__0_0.distcp",
            "onnx/model.onnx",
            "adapter.safetensors",
            ".git/objects/1")) {
      Models.write(model.resolve(weights), "uncut");
    }

    Manifest written = cut(model, Kept.all());

    assertThat(written.files())
        .extracting(FileDigest::path)
        .containsExactly(".hidden", "config.json", "model.safetensors", "tokenizer/vocab.txt");
    assertThat(folder.resolve("cut/tokenizer/vocab.txt")).hasContent("words");
    assertThat(folder.resolve("cut/config.json"))
        .hasSameBinaryContentAs(model.resolve("config.json"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generation_config.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "chat_template.jinja",
        "preprocessor_config.json",
        "LICENSE"
      })
  void carries_what_belongs_to_a_model_over_byte_for_byte(String name) throws IOException {
    Path model = Models.single(folder.resolve("model"), abc());
    String text = "{\"what\" : [1.50, 1e-05, \"\u00fc\"]}\r\n\n";
    Models.write(model.resolve(name), text);
    Models.write(model.resolve("config.json"), text);

    cut(model, new Kept(Map.of("rows", new int[] {0, 2})));

    for (String file : List.of(name, "config.json")) {
      assertThat(folder.resolve("cut").resolve(file)).hasSameBinaryContentAs(model.resolve(file));
    }
  }

  @Test
  void digests_while_writing_what_reading_afterwards_finds() {
    Path model = Models.sharded(folder.resolve("model"), abc(), 3);

    Manifest written = cut(model, new Kept(Map.of("rows", new int[] {1})));

    assertThat(written).isEqualTo(Manifest.of(folder.resolve("cut")));
  }

  @Test
  void gives_back_the_same_bytes_when_everything_stays() {
    Path model = Models.single(folder.resolve("model"), abc());

    Manifest written = cut(model, Kept.all());

    assertThat(written).isEqualTo(Manifest.of(model));
  }

  @Test
  void tells_every_impossible_choice_before_any_work() {
    Path model = Models.single(folder.resolve("model"), abc());
    var architecture =
        new Architecture(
            "test",
            "test",
            specs(),
            List.of(ROWS, COLUMNS),
            List.of(),
            Map.of("columns", "labels"));
    var choice =
        new Kept(Map.of("row", new int[] {0}, "rows", new int[] {1, 3}, "columns", new int[] {1}));

    assertThatThrownBy(
            () ->
                Surgery.cut(
                    ModelDirectory.open(model), architecture, choice, folder.resolve("cut")))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            refusal ->
                assertThat(refusal.problems())
                    .containsExactlyInAnyOrder(
                        "cannot cut axis 'row': the architecture has none of that name; did you"
                            + " mean 'rows'?",
                        "cannot keep units 1 to 3 of axis 'rows': it has units 0 to 2",
                        "cannot cut axis 'columns': labels"));
    assertThat(folder.resolve("cut")).doesNotExist();
  }

  @Test
  void refuses_tensors_that_the_architecture_does_not_have() {
    var tensors = new LinkedHashMap<>(abc());
    tensors.put("d", Models.numbered(1));
    Path model = Models.single(folder.resolve("model"), tensors);

    assertThatThrownBy(() -> cut(model, Kept.all()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tensor 'd' of shape [1] is not part of the architecture");
  }

  @Test
  void refuses_to_split_a_byte() {
    var units = new Axis("units", 4);
    var tensor = Models.spec("q", Dimension.fixed(2), Dimension.along(units));
    Path model =
        Models.single(
            folder.resolve("model"),
            Map.of("q", Models.random(DType.F4, new long[] {2, 4}, new Random(1))));
    var architecture = Models.architecture(List.of(units), List.of(tensor));

    assertThatThrownBy(
            () ->
                Surgery.cut(
                    ModelDirectory.open(model),
                    architecture,
                    new Kept(Map.of("units", new int[] {1, 2})),
                    folder.resolve("cut")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("split a byte");
  }

  @Test
  void cuts_between_bytes_that_hold_two_elements() {
    var units = new Axis("units", 4);
    var tensor = Models.spec("q", Dimension.fixed(2), Dimension.along(units));
    TensorData source = Models.random(DType.F4, new long[] {2, 4}, new Random(1));
    Path model = Models.single(folder.resolve("model"), Map.of("q", source));

    Surgery.cut(
        ModelDirectory.open(model),
        Models.architecture(List.of(units), List.of(tensor)),
        new Kept(Map.of("units", new int[] {2, 3})),
        folder.resolve("cut"));

    TensorData q = ModelDirectory.open(folder.resolve("cut")).read("q");
    assertThat(q.bytes().get(0)).isEqualTo(source.bytes().get(1));
    assertThat(q.bytes().get(1)).isEqualTo(source.bytes().get(3));
  }

  @Test
  void never_replaces_a_file() {
    Path model = Models.single(folder.resolve("model"), abc());
    Models.write(folder.resolve("cut/model.safetensors"), "mine");

    assertThatThrownBy(() -> cut(model, Kept.all()))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("FileAlreadyExistsException");
    assertThat(folder.resolve("cut")).isDirectoryNotContaining("regex:.*\\.model.*");
    assertThat(folder.resolve("cut/model.safetensors")).hasContent("mine");
  }

  private Manifest cut(Path model, Kept kept) {
    return Surgery.cut(
        ModelDirectory.open(model),
        Models.architecture(List.of(ROWS, COLUMNS), specs()),
        kept,
        folder.resolve("cut"));
  }

  private static Map<String, TensorData> abc() {
    return Map.of("a", Models.numbered(3, 2), "b", Models.numbered(3), "c", Models.numbered(2));
  }

  private static List<TensorSpec> specs() {
    return List.of(
        Models.spec("a", Dimension.along(ROWS), Dimension.along(COLUMNS)),
        Models.spec("b", Dimension.along(ROWS)),
        Models.spec("c", Dimension.along(COLUMNS)));
  }

  private static int[] some(int of, int count, Random random) {
    var all = new ArrayList<>(IntStream.range(0, of).boxed().toList());
    Collections.shuffle(all, random);
    return all.subList(0, count).stream().mapToInt(i -> i).sorted().toArray();
  }

  private static int[] indices(SafetensorsFile file, String name) {
    LongBuffer values = file.read(name).bytes().asLongBuffer();
    return LongStream.generate(values::get)
        .limit(values.limit())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  private static Architecture llama() {
    var axes = new ArrayList<>(List.of(new Axis("hidden", 48)));
    Dimension hidden = Dimension.along(axes.get(0));
    Dimension vocabulary = Dimension.fixed(80);
    var tensors = new ArrayList<TensorSpec>();
    tensors.add(Models.spec("model.embed_tokens.weight", vocabulary, hidden));
    for (int i = 0; i < 2; i++) {
      String layer = "model.layers." + i + ".";
      var layerAxes =
          List.of(
              new Axis(layer + "neurons", 96),
              new Axis(layer + "heads", 4),
              new Axis(layer + "groups", 2));
      axes.addAll(layerAxes);
      Dimension neurons = Dimension.along(layerAxes.get(0));
      Dimension heads = new Dimension.Along(layerAxes.get(1), 12);
      Dimension groups = new Dimension.Along(layerAxes.get(2), 12);
      tensors.addAll(
          List.of(
              Models.spec(layer + "input_layernorm.weight", hidden),
              Models.spec(layer + "self_attn.q_proj.weight", heads, hidden),
              Models.spec(layer + "self_attn.k_proj.weight", groups, hidden),
              Models.spec(layer + "self_attn.v_proj.weight", groups, hidden),
              Models.spec(layer + "self_attn.o_proj.weight", hidden, heads),
              Models.spec(layer + "post_attention_layernorm.weight", hidden),
              Models.spec(layer + "mlp.gate_proj.weight", neurons, hidden),
              Models.spec(layer + "mlp.up_proj.weight", neurons, hidden),
              Models.spec(layer + "mlp.down_proj.weight", hidden, neurons)));
    }
    tensors.add(Models.spec("model.norm.weight", hidden));
    tensors.add(Models.spec("lm_head.weight", vocabulary, hidden));
    return Models.architecture(axes, tensors)
        .withStacks(new Stack(new Axis("layers", 2), "model.layers."));
  }
}
