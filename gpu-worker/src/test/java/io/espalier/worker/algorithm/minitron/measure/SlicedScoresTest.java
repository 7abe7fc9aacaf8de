package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Sequence;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores that come in slices of the vocabulary, against those that come at once. */
final class SlicedScoresTest {
  private static final int VOCABULARY = 50;
  private static final int TOKENS = 9;
  private static final TextLoss WHOLE =
      TextLoss.of(new TextInput(TextTask.TEXT_GENERATION, 1, 1, 1, 0, List.of()));

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

  /** The last tokens are padding, of which nothing is asked. */
  private static Sequence sequence(int number) {
    var random = new SplittableRandom(number);
    long[] ids = random.longs(TOKENS, 0, VOCABULARY).toArray();
    long[] mask = new long[TOKENS];
    long[] labels = ids.clone();
    for (int i = 0; i < TOKENS; i++) {
      mask[i] = i < TOKENS - number ? 1 : 0;
      labels[i] = mask[i] == 1 ? ids[i] : TokenBatch.IGNORED;
    }
    var tokens = new TokenBatch(1, TOKENS, ids, mask, new long[TOKENS], labels);
    return new Sequence(number, 0, number, tokens);
  }

  private NDArray scores(long seed, double spread) {
    var random = new SplittableRandom(seed);
    float[] values = new float[TOKENS * VOCABULARY];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (spread * (random.nextDouble() - 0.5));
    }
    return Tensors.of(manager, values, 1, TOKENS, VOCABULARY);
  }

  private static NDArray slice(NDArray scores, int first, int size) {
    return Tensors.slice(scores, 2, first, Math.min(first + size, VOCABULARY));
  }

  private static double loss(List<NDArray> said, int size) {
    var loss = new NextTokenLoss(VOCABULARY);
    for (int first = 0; first < VOCABULARY; first += size) {
      for (int i = 0; i < said.size(); i++) {
        loss.hear(slice(said.get(i), first, size), first, sequence(i));
      }
    }
    return loss.mean().value();
  }

  private static double divergence(List<NDArray> wanted, List<NDArray> found, int size) {
    var divergence = new KlDivergence(VOCABULARY);
    for (int first = 0; first < VOCABULARY; first += size) {
      for (int i = 0; i < wanted.size(); i++) {
        divergence.hear(
            slice(wanted.get(i), first, size),
            slice(found.get(i), first, size),
            first,
            sequence(i));
      }
    }
    return divergence.mean().value();
  }

  private List<NDArray> said(long seed, double spread) {
    return IntStream.range(0, 3).mapToObj(i -> scores(seed + i, spread)).toList();
  }

  @Test
  void of_one_slice_the_loss_is_that_of_training_bit_for_bit() {
    List<NDArray> said = said(1, 20);
    var mean = new RunningMean();
    for (int i = 0; i < said.size(); i++) {
      TokenBatch tokens = sequence(i).tokens();
      mean.add(WHOLE.sum(said.get(i), tokens).getFloat(), WHOLE.count(tokens));
    }

    assertThat(loss(said, VOCABULARY)).isEqualTo(mean.value());
  }

  @ParameterizedTest
  @ValueSource(ints = {49, 25, 17, 1})
  void slices_together_lose_what_the_whole_vocabulary_does(int size) {
    for (double spread : new double[] {0, 1, 20, 300}) {
      List<NDArray> said = said(4, spread);

      double whole = loss(said, VOCABULARY);

      assertThat(loss(said, size)).isCloseTo(whole, within(1e-6 * whole));
    }
  }

  @Test
  void of_one_slice_the_divergence_is_the_sum_over_all_of_it_bit_for_bit() {
    List<NDArray> wanted = said(1, 8);
    List<NDArray> found = said(7, 8);
    var mean = new RunningMean();
    for (int i = 0; i < wanted.size(); i++) {
      NDArray p = Tensors.logSoftmax(wanted.get(i), 2);
      NDArray q = Tensors.logSoftmax(found.get(i), 2);
      NDArray each =
          Tensors.sum(Tensors.multiply(Tensors.exp(p), Tensors.subtract(p, q)), 2); // (1, tokens)
      NDArray mask = Tensors.of(manager, sequence(i).tokens().mask(), 1, TOKENS);
      mean.add(
          Tensors.sum(Tensors.multiply(each, Tensors.inTypeOf(each, mask))).getFloat(), TOKENS - i);
    }

    assertThat(divergence(wanted, found, VOCABULARY)).isEqualTo(mean.value());
  }

  @ParameterizedTest
  @ValueSource(ints = {49, 25, 17, 1})
  void slices_together_diverge_as_the_whole_vocabulary_does(int size) {
    for (double spread : new double[] {1, 8, 100}) {
      List<NDArray> wanted = said(4, spread);
      List<NDArray> found = said(9, spread);

      double whole = divergence(wanted, found, VOCABULARY);

      assertThat(divergence(wanted, found, size)).isCloseTo(whole, within(1e-6 * whole));
    }
  }

  @Test
  void what_says_the_same_in_slices_does_not_diverge() {
    List<NDArray> said = said(1, 20);

    assertThat(divergence(said, said, 7)).isZero();
  }

  @Test
  void scores_that_are_no_numbers_make_none() {
    NDArray scores = scores(1, 20);
    float[] values = scores.toFloatArray();
    values[2 * VOCABULARY + 30] = Float.NaN;
    List<NDArray> broken = List.of(Tensors.of(manager, values, 1, TOKENS, VOCABULARY));

    assertThat(loss(broken, VOCABULARY)).isNaN();
    assertThat(loss(broken, 7)).isNaN();
    assertThat(divergence(List.of(scores), broken, 7)).isNaN();
  }
}
