package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class GradientsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void the_gradient_of_a_polynomial_is_its_derivative() {
    NDArray x = T.of(manager, new float[] {-2, 0.5f, 3}, 3);
    Gradients.require(x, true);

    NDArray loss = Gradients.of(() -> T.sum(T.add(T.scale(T.square(x), 3), T.scale(x, -5))));

    assertThat(loss.getFloat()).isEqualTo(3 * (4 + 0.25f + 9) - 5 * 1.5f);
    assertThat(Gradients.at(x).toFloatArray()).containsExactly(-17, -2, 13);
  }

  @Test
  void gradients_add_up_until_they_are_cleared() {
    NDArray x = T.of(manager, new float[] {2}, 1);
    Gradients.require(x, true);

    Gradients.of(() -> T.sum(T.square(x)));
    Gradients.of(() -> T.sum(T.square(x)));
    float twice = Gradients.at(x).getFloat();
    Gradients.clear(x);
    Gradients.of(() -> T.sum(T.square(x)));

    assertThat(twice).isEqualTo(8);
    assertThat(Gradients.at(x).getFloat()).isEqualTo(4);
  }

  @Test
  void recording_is_off_again_after_a_loss_that_fails() {
    assertThatThrownBy(
            () ->
                Gradients.of(
                    () -> {
                      throw new IllegalStateException("no data");
                    }))
        .hasMessage("no data");

    assertThat(JniUtils.isGradMode()).isFalse();
  }

  @Test
  void a_loss_that_is_no_scalar_is_refused_with_its_shape() {
    NDArray x = T.of(manager, new float[] {1, 2}, 2);
    Gradients.require(x, true);

    assertThatThrownBy(() -> Gradients.of(() -> T.square(x)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2]");
  }

  @Test
  void a_leaf_that_no_run_has_reached_has_no_gradient() {
    NDArray x = T.of(manager, new float[] {1, 2}, 2);
    Gradients.require(x, true);

    assertThatThrownBy(() -> Gradients.at(x))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("(2)");
  }

  @Test
  void a_manager_turns_recording_off_on_a_fresh_thread() throws Exception {
    List<Boolean> modes =
        onThreads(
                1,
                () -> {
                  boolean before = JniUtils.isGradMode();
                  try (NDManager own = PyTorch.newManager()) {
                    NDArray x = T.of(own, new float[] {1}, 1);
                    Gradients.require(x, true);
                    T.square(x);
                    return List.of(before, JniUtils.isGradMode());
                  }
                })
            .get(0);

    assertThat(modes).containsExactly(true, false);
  }

  @Test
  void threads_compute_gradients_at_once_without_disturbing_each_other() throws Exception {
    float[] alone = repeatedGradient();

    List<float[]> together = onThreads(4, GradientsTest::repeatedGradient);

    assertThat(together).hasSize(4).allSatisfy(one -> assertThat(one).containsExactly(alone));
  }

  @Test
  void garbage_collection_between_forward_and_backward_changes_no_gradient() {
    float[] calm = gradientOfManyScalars(() -> {});

    var disturbed = new ArrayList<float[]>();
    for (int i = 0; i < 10; i++) {
      disturbed.add(gradientOfManyScalars(GradientsTest::collectGarbage));
    }

    assertThat(disturbed).allSatisfy(one -> assertThat(one).containsExactly(calm));
  }

  @Test
  void a_step_in_a_scope_leaves_nothing_behind() {
    NDArray weight = T.of(manager, new float[] {1, 2, 3, 4}, 2, 2);
    Gradients.require(weight, true);
    var counts = new ArrayList<Integer>();

    for (int step = 0; step < 50; step++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray x = T.of(manager, new float[] {step, 1}, 1, 2);
        Gradients.of(() -> T.mean(T.square(T.scale(T.matMul(x, weight), 0.1))));
        T.addScaledInPlace(weight, Gradients.at(weight), -0.01);
        Gradients.clear(weight);
      }
      counts.add(((PtNDManager) manager).getManagedArrays().size());
    }

    assertThat(counts).containsOnly(1);
  }

  /**
   * 200 scalars are alive between forward and backward; the buffers of wrapped ones would be freed.
   */
  private float[] gradientOfManyScalars(Runnable between) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x = T.of(manager, new float[] {1, 2, 3}, 3);
      Gradients.require(x, true);
      Gradients.of(
          () -> {
            NDArray y = x;
            for (int i = 0; i < 200; i++) {
              y = T.add(T.scale(y, 1.01), 0.5);
            }
            NDArray loss = T.sum(T.multiply(y, T.select(T.square(x), 0, 2, 1, 0)));
            between.run();
            return loss;
          });
      return Gradients.at(x).toFloatArray();
    }
  }

  private static void collectGarbage() {
    for (int round = 0; round < 3; round++) {
      var garbage = new ArrayList<java.nio.ByteBuffer>();
      for (int i = 0; i < 2000; i++) {
        garbage.add(java.nio.ByteBuffer.allocateDirect(4).putInt(0, 0x7fc00000));
      }
      assertThat(garbage).hasSize(2000);
      System.gc();
    }
  }

  private static float[] repeatedGradient() {
    try (NDManager own = PyTorch.newManager()) {
      NDArray x = T.of(own, new float[] {1, -2, 3, -4}, 2, 2);
      Gradients.require(x, true);
      for (int i = 0; i < 100; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Gradients.of(() -> T.sum(T.relu(T.scale(T.matMul(x, x), 0.3))));
        }
      }
      return Gradients.at(x).toFloatArray();
    }
  }

  private static <R> List<R> onThreads(int threads, Callable<R> work) throws Exception {
    var executor = Executors.newFixedThreadPool(threads);
    try {
      var results = new ArrayList<R>();
      for (Future<R> future : executor.invokeAll(java.util.Collections.nCopies(threads, work))) {
        results.add(future.get());
      }
      return results;
    } finally {
      executor.shutdownNow();
    }
  }
}
