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
    NDArray x = Tensors.of(manager, new float[] {-2, 0.5f, 3}, 3);
    Gradients.require(x, true);

    NDArray loss =
        Gradients.of(
            () ->
                Tensors.sum(
                    Tensors.add(Tensors.scale(Tensors.square(x), 3), Tensors.scale(x, -5))));

    assertThat(loss.getFloat()).isEqualTo(3 * (4 + 0.25f + 9) - 5 * 1.5f);
    assertThat(Gradients.at(x).toFloatArray()).containsExactly(-17, -2, 13);
  }

  @Test
  void gradients_add_up_until_they_are_cleared() {
    NDArray x = Tensors.of(manager, new float[] {2}, 1);
    Gradients.require(x, true);

    Gradients.of(() -> Tensors.sum(Tensors.square(x)));
    Gradients.of(() -> Tensors.sum(Tensors.square(x)));
    float twice = Gradients.at(x).getFloat();
    Gradients.clear(x);
    Gradients.of(() -> Tensors.sum(Tensors.square(x)));

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
    NDArray x = Tensors.of(manager, new float[] {1, 2}, 2);
    Gradients.require(x, true);

    assertThatThrownBy(() -> Gradients.of(() -> Tensors.square(x)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2]");
  }

  @Test
  void a_leaf_that_no_run_has_reached_has_no_gradient() {
    NDArray x = Tensors.of(manager, new float[] {1, 2}, 2);
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
                    NDArray x = Tensors.of(own, new float[] {1}, 1);
                    Gradients.require(x, true);
                    Tensors.square(x);
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
    NDArray weight = Tensors.of(manager, new float[] {1, 2, 3, 4}, 2, 2);
    Gradients.require(weight, true);
    var counts = new ArrayList<Integer>();

    for (int step = 0; step < 50; step++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray x = Tensors.of(manager, new float[] {step, 1}, 1, 2);
        Gradients.of(
            () -> Tensors.mean(Tensors.square(Tensors.scale(Tensors.matMul(x, weight), 0.1))));
        Tensors.addScaledInPlace(weight, Gradients.at(weight), -0.01);
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
      NDArray x = Tensors.of(manager, new float[] {1, 2, 3}, 3);
      Gradients.require(x, true);
      Gradients.of(
          () -> {
            NDArray y = x;
            for (int i = 0; i < 200; i++) {
              y = Tensors.add(Tensors.scale(y, 1.01), 0.5);
            }
            NDArray loss =
                Tensors.sum(Tensors.multiply(y, Tensors.select(Tensors.square(x), 0, 2, 1, 0)));
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
      NDArray x = Tensors.of(own, new float[] {1, -2, 3, -4}, 2, 2);
      Gradients.require(x, true);
      for (int i = 0; i < 100; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Gradients.of(() -> Tensors.sum(Tensors.relu(Tensors.scale(Tensors.matMul(x, x), 0.3))));
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
