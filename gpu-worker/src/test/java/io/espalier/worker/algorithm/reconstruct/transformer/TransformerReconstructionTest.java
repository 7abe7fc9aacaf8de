package io.espalier.worker.algorithm.reconstruct.transformer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.transformer.StackedNetwork;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against transformers and NumPy in float64; {@code stream-reconstruction/make.py}. */
class TransformerReconstructionTest {
  @TempDir Path directory;

  /** Script's findings. */
  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Case(int batch, int[][] texts, Map<String, int[]> kept, List<Solved> solved) {}

  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Solved(
      String tensor,
      double[][] weight,
      double[] bias,
      double lambda,
      double errorBefore,
      double errorAfter,
      long samples) {}

  private final TextModel model = TextModel.of(Golden.of("bert-classifier").model());
  private final Weights original = Weights.load(model.directory(), model.architecture());
  private Case golden;
  private Weights cut;

  @BeforeEach
  void cut() throws IOException {
    try (InputStream file =
        getClass().getResourceAsStream("/golden/stream-reconstruction/case.json")) {
      golden = new ObjectMapper().readValue(file, Case.class);
    }
    cut = original.keep(new Kept(golden.kept()));
  }

  @AfterEach
  void close() {
    cut.close();
    original.close();
  }

  @Test
  void projections_are_those_of_numpy() {
    Reconstruction done = reconstruct(new Sequences(golden.texts(), 0), cut);

    assertThat(done.layers()).hasSameSizeAs(golden.solved());
    for (int i = 0; i < golden.solved().size(); i++) {
      Solved wanted = golden.solved().get(i);
      LayerReconstruction found = done.layers().get(i);
      assertThat(found.layer()).isEqualTo(wanted.tensor() + ".weight");
      assertThat(found.lambda()).isEqualTo(wanted.lambda());
      assertThat(found.errorBefore()).isCloseTo(wanted.errorBefore(), within(1e-4));
      assertThat(found.errorAfter()).isCloseTo(wanted.errorAfter(), within(1e-4));
      assertThat(found.samples()).isEqualTo(wanted.samples());
      assertThat(numbers(cut, wanted.tensor() + ".weight"))
          .containsExactly(
              Arrays.stream(wanted.weight()).flatMapToDouble(Arrays::stream).toArray(),
              within(1e-4));
      assertThat(numbers(cut, wanted.tensor() + ".bias"))
          .containsExactly(wanted.bias(), within(1e-4));
    }
  }

  @Test
  void the_reconstructed_model_is_closer_on_what_was_held_out() {
    Reconstruction done = reconstruct(new Sequences(golden.texts(), 0), cut);

    assertThat(done.samples()).isEqualTo(5 * 2); // two of each batch of eight
    assertThat(done.versions().get(1).divergence())
        .isLessThan(done.versions().get(0).divergence() / 2);
    assertThat(done.isUsed()).isTrue();
  }

  @Test
  void padding_changes_nothing() {
    try (Weights padded = original.keep(new Kept(golden.kept()))) {
      List<LayerReconstruction> alone = reconstruct(new Sequences(golden.texts(), 0), cut).layers();
      List<LayerReconstruction> among =
          reconstruct(new Sequences(golden.texts(), 9), padded).layers();

      for (int i = 0; i < alone.size(); i++) {
        assertThat(among.get(i).samples()).isEqualTo(alone.get(i).samples());
        assertThat(among.get(i).errorAfter()).isCloseTo(alone.get(i).errorAfter(), within(1e-6));
      }
      golden
          .solved()
          .forEach(
              each ->
                  assertThat(numbers(padded, each.tensor() + ".weight"))
                      .containsExactly(numbers(cut, each.tensor() + ".weight"), within(1e-4)));
    }
  }

  @Test
  void the_same_again_gives_the_same_bits() {
    try (Weights again = original.keep(new Kept(golden.kept()))) {
      Reconstruction first = reconstruct(new Sequences(golden.texts(), 0), cut);
      Reconstruction second = reconstruct(new Sequences(golden.texts(), 0), again);

      assertThat(second).isEqualTo(first);
      assertThat(again.names())
          .allSatisfy(
              name ->
                  assertThat(again.get(name).toFloatArray())
                      .isEqualTo(cut.get(name).toFloatArray()));
    }
  }

  @Test
  void an_attempt_that_was_interrupted_goes_on_and_leaves_the_same_bits() throws IOException {
    var passes =
        new SequencePasses(
            (StackedNetwork) model.network(), new Sequences(golden.texts(), 0), golden.batch());
    var reconstruction = new TransformerReconstruction(passes, original);
    Reconstruction whole = reconstruct(new Sequences(golden.texts(), 0), cut);
    Progress.Listener stop =
        progress -> {
          throw new IllegalStateException("killed");
        };
    try (Weights killed = original.keep(new Kept(golden.kept()))) {
      assertThatThrownBy(() -> reconstruction.run(killed, storage(), stop)).hasMessage("killed");
    }
    List<Path> kept = files();
    assertThat(kept).as("of the first layer").hasSize(2);
    byte[] marked =
        Files.readString(kept.get(0)).replace("\"samples\" : ", "\"samples\" : 9").getBytes(UTF_8);
    Files.write(kept.get(0), marked);

    try (Weights resumed = original.keep(new Kept(golden.kept()))) {
      Reconstruction done = reconstruction.run(resumed, storage(), Progress.Listener.NONE);

      assertThat(done.layers().get(0).samples())
          .as("as the first attempt left it")
          .isGreaterThan(whole.layers().get(0).samples());
      assertThat(done.versions()).isEqualTo(whole.versions());
      assertThat(resumed.names())
          .allSatisfy(
              name ->
                  assertThat(resumed.get(name).toFloatArray())
                      .isEqualTo(cut.get(name).toFloatArray()));
    }
    assertThat(files()).isEmpty();
  }

  /** What is kept for a later attempt. */
  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().contains("-solved-")).sorted().toList();
    }
  }

  @Test
  void nothing_is_solved_for_in_a_model_that_is_whole() {
    try (Weights whole = original.keep(Kept.all())) {
      Reconstruction done = reconstruct(new Sequences(golden.texts(), 0), whole);

      assertThat(done.layers()).isEmpty();
      assertThat(done.isUsed()).isFalse();
    }
  }

  @Test
  void activations_that_are_no_numbers_are_refused_by_layer_and_batch() {
    Tensors.fill(cut.get("bert.encoder.layer.0.intermediate.dense.bias"), Double.POSITIVE_INFINITY);

    assertThatThrownBy(() -> reconstruct(new Sequences(golden.texts(), 0), cut))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'bert.encoder.layer.0.output.dense.weight'")
        .hasMessageContaining("batch 1 ");
  }

  private Reconstruction reconstruct(TextDataset texts, Weights weights) {
    var passes = new SequencePasses((StackedNetwork) model.network(), texts, golden.batch());
    return new TransformerReconstruction(passes, original)
        .run(weights, storage(), Progress.Listener.NONE);
  }

  private TransformerReconstruction.Storage storage() {
    return new TransformerReconstruction.Storage(1 << 20, directory, "0123456789abcdef");
  }

  private static double[] numbers(Weights weights, String tensor) {
    float[] values = weights.get(tensor).toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }
}
