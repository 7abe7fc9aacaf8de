package io.espalier.worker.model.transformer.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.model.transformer.Masks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transformers that read images against those of transformers and timm. */
final class VitTest {
  private static final double TOLERANCE = 2e-5;

  private NDManager manager;
  private NDScope scope;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    scope = new NDScope();
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "timm-vit"})
  void scores_loss_and_parameters_are_those_of_the_library(String name) {
    Golden golden = Golden.of(name);
    VisionModel model = VisionModel.of(golden.model());
    NDArray logits =
        model.family().forward(golden.weights(manager), golden.images(manager), Mode.EVALUATE);
    float loss = Losses.crossEntropy(logits, golden.labels(manager)).getFloat();
    long parameters =
        FileCosts.whole(FileCosts.of(model.architecture(), model.directory()), model.directory())
            .parameters();

    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
    assertThat(loss).isCloseTo(golden.read("expected", "loss").bytes().getFloat(), within(1e-5f));
    assertThat(parameters).isEqualTo(golden.read("expected", "parameters").bytes().getLong());
  }

  @ParameterizedTest
  @CsvSource({
    "vit, heads",
    "vit, neurons",
    "vit, both",
    "timm-vit, heads",
    "timm-vit, neurons",
    "timm-vit, both"
  })
  void removed_units_leave_the_scores_that_the_library_gives_without_them(
      String name, String which) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    Weights weights = golden.weights(manager);
    Kept kept = kept(oracle, weights, which);
    var vit = (Vit) golden.family();
    Masks masks = Masks.of(weights.architecture(), kept, weights.get(weights.names().get(0)));

    NDArray masked =
        Section.forward(vit.sections(weights, masks), golden.images(manager), Mode.EVALUATE);
    NDArray cut = vit.forward(weights.keep(kept), golden.images(manager), Mode.EVALUATE);

    Golden.assertClose(masked, oracle.read("scores", "masked." + which + ".logits"), TOLERANCE);
    Golden.assertClose(cut, oracle.read("scores", "masked." + which + ".logits"), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "timm-vit"})
  void the_stream_is_cut_in_every_tensor_that_it_reaches(String name) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    Weights weights = golden.weights(manager);
    var units = new HashMap<String, int[]>();
    units.put("hidden", units(oracle, "kept.hidden"));
    for (Axis axis : weights.architecture().prunableAxes()) {
      if (axis.name().endsWith(".heads")) {
        units.put(axis.name(), new int[] {1});
      }
    }

    NDArray scores =
        golden
            .family()
            .forward(weights.keep(new Kept(units)), golden.images(manager), Mode.EVALUATE);

    Golden.assertClose(scores, oracle.read("scores", "sliced.hidden.logits"), TOLERANCE);
  }

  /** One model that transformers has written with one head and a narrower stream. */
  @Test
  void a_narrower_model_of_transformers_opens_and_says_the_same() {
    Golden oracle = Golden.of("scores/masked-vit");
    Golden narrow = Golden.of("scores/masked-vit/sliced");

    NDArray scores =
        narrow
            .family()
            .forward(narrow.weights(manager), Golden.of("vit").images(manager), Mode.EVALUATE);

    Golden.assertClose(scores, oracle.read("scores", "sliced.hidden.logits"), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "timm-vit"})
  void every_tensor_is_read_by_one_section(String name) {
    Golden golden = Golden.of(name);
    List<Section> sections = golden.family().sections(golden.weights(manager));

    assertThat(golden.architecture().shapes().keySet())
        .allSatisfy(
            tensor ->
                assertThat(sections.stream().filter(section -> section.reads(tensor))).hasSize(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vit | {\"architectures\": [\"DeiTForImageClassificationWithTeacher\"]} | a second"
            + " classifier behind a distilled token",
        "vit | {\"architectures\": [\"ViTForMaskedImageModeling\"]} | architectures must begin with"
            + " one of",
        "vit | {\"hidden_act\": \"quick_gelu\"} | hidden_act must be one of",
        "vit | {\"patch_size\": 5} | no whole number of patches of 5",
        "timm-vit | {\"architecture\": \"deit_tiny_distilled_patch16_224\"} | since it has a second"
            + " classifier",
        "timm-vit | {\"architecture\": \"vit_base_patch16_clip_224\"} | is not a transformer for"
            + " images known here",
        "timm-vit | {\"architecture\": \"deit3_small_patch16_224\"} | is not a transformer for"
            + " images known here",
        "timm-vit | {\"model_args\": {\"init_values\": 0.1}} | model_args.init_values"
      })
  void what_is_not_computed_is_refused_by_name(String name, String change, String why)
      throws JsonProcessingException {
    ObjectNode config = Golden.of(name).config().deepCopy();
    JsonNode changes = new ObjectMapper().readTree(change);
    changes.properties().forEach(each -> config.set(each.getKey(), each.getValue()));

    assertThatThrownBy(() -> Families.vision(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({
    "vit_tiny_patch16_224, 5717416",
    "deit_small_patch16_224, 22050664",
    "vit_base_patch32_384, 88297192"
  })
  void networks_of_timm_have_the_parameters_that_timm_counts(String name, long wanted)
      throws JsonProcessingException {
    JsonNode config = new ObjectMapper().readTree("{\"architecture\": \"%s\"}".formatted(name));
    VisionFamily family = Families.vision(config);

    long found =
        family.architecture(config, Map.of()).shapes().values().stream()
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();

    assertThat(found).isEqualTo(wanted);
  }

  private static Kept kept(Golden oracle, Weights weights, String which) {
    var units = new HashMap<String, int[]>();
    for (Axis axis : weights.architecture().prunableAxes()) {
      List<String> parts = List.of(axis.name().split("\\.", -1));
      String kind = parts.get(parts.size() - 1);
      if (which.equals("both") || which.equals(kind)) {
        units.put(
            axis.name(), units(oracle, "kept.layer." + parts.get(parts.size() - 2) + "." + kind));
      }
    }
    return new Kept(units);
  }

  private static int[] units(Golden oracle, String stored) {
    var numbers =
        oracle.read("scores", stored).bytes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    return IntStream.range(0, numbers.remaining()).map(i -> (int) numbers.get(i)).toArray();
  }
}
