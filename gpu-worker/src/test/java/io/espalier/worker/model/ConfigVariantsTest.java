package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One model of each family whose config.json is written in many ways, against transformers 4.57 and
 * 5: what both open opens with their loss; where they disagree, it is refused or there is a
 * warning.
 */
final class ConfigVariantsTest {
  private static final double TOLERANCE = 2e-5;

  /** Here numbers of heads are those of the weights, whatever the config says. */
  private static final Set<String> OF_WEIGHTS = Set.of("head_dim null", "key value heads null");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FOLDER = Golden.of("config-variants").directory();

  @TempDir private Path directory;

  static List<Arguments> agreed() throws IOException {
    return variants(ConfigVariantsTest::agree);
  }

  static List<Arguments> disputed() throws IOException {
    return variants(
        variant ->
            !agree(variant) && (loss(variant, 4).isPresent() || loss(variant, 5).isPresent()));
  }

  static List<Arguments> refused() throws IOException {
    return variants(
        variant ->
            loss(variant, 4).isEmpty()
                && loss(variant, 5).isEmpty()
                && !OF_WEIGHTS.contains(variant.path("name").asText()));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("agreed")
  void what_both_open_opens_with_their_loss(String family, String name, JsonNode variant, int[] ids)
      throws IOException {
    TextModel model = model(family, variant);

    assertThat(lossOf(model, ids)).isCloseTo(loss(variant, 4).orElseThrow(), within(TOLERANCE));
    if (!name.startsWith("layer types")) { // passed over by both, which is said
      assertThat(model.network().warnings()).isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("disputed")
  void where_they_disagree_it_is_refused_or_there_is_a_warning(
      String family, String name, JsonNode variant, int[] ids) throws IOException {
    TextModel model;
    try {
      model = model(family, variant);
    } catch (InvalidInputException refused) {
      assertThat(refused).hasMessageContaining("config.json");
      return;
    }

    double found = lossOf(model, ids);
    assertThat(model.network().warnings()).isNotEmpty();
    assertThat(
            Stream.of(loss(variant, 4), loss(variant, 5))
                .flatMapToDouble(OptionalDouble::stream)
                .map(said -> Math.abs(said - found))
                .min()
                .orElseThrow())
        .isLessThan(TOLERANCE);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("refused")
  void what_both_refuse_is_refused(String family, String name, JsonNode variant, int[] ids) {
    assertThatThrownBy(() -> model(family, variant)).isInstanceOf(InvalidInputException.class);
  }

  private static boolean agree(JsonNode variant) {
    OptionalDouble older = loss(variant, 4);
    OptionalDouble newer = loss(variant, 5);
    return older.isPresent()
        && newer.isPresent()
        && Math.abs(older.getAsDouble() - newer.getAsDouble()) < TOLERANCE;
  }

  private static OptionalDouble loss(JsonNode variant, int version) {
    JsonNode loss = variant.path("loss" + version);
    return loss.isNull() ? OptionalDouble.empty() : OptionalDouble.of(loss.asDouble());
  }

  private static List<Arguments> variants(Predicate<JsonNode> wanted) throws IOException {
    var found = new ArrayList<Arguments>();
    JsonNode all = JSON.readTree(FOLDER.resolve("variants.json").toFile());
    for (var family : all.properties()) {
      int[] ids =
          StreamSupport.stream(family.getValue().path("ids").spliterator(), false)
              .mapToInt(JsonNode::asInt)
              .toArray();
      for (JsonNode variant : family.getValue().path("variants")) {
        if (wanted.test(variant)) {
          found.add(Arguments.of(family.getKey(), variant.path("name").asText(), variant, ids));
        }
      }
    }
    return found;
  }

  private TextModel model(String family, JsonNode variant) throws IOException {
    var config = (ObjectNode) JSON.readTree(FOLDER.resolve(family).resolve("config.json").toFile());
    for (var change : variant.path("change").properties()) {
      if (change.getValue().asText().equals("REMOVED")) {
        config.remove(change.getKey());
      } else {
        config.set(change.getKey(), change.getValue());
      }
    }
    JSON.writeValue(directory.resolve("config.json").toFile(), config);
    Path weights = directory.resolve("model.safetensors");
    Files.copy(FOLDER.resolve(family).resolve("model.safetensors"), weights);
    return TextModel.of(ModelDirectory.open(directory));
  }

  private static double lossOf(TextModel model, int[] ids) {
    long[] tokens = Arrays.stream(ids).asLongStream().toArray();
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    var batch = new TokenBatch(1, ids.length, tokens, mask, new long[ids.length], tokens);
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      TextLoss loss = TextLoss.of(model.network().input());
      NDArray said = model.network().forward(weights, Tokens.of(manager, batch), ForwardHooks.NONE);
      return loss.sum(said, batch).getFloat() / loss.count(batch);
    }
  }
}
