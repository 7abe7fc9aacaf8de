package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.WorkerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillingArraysTest {
  private final NDManager manager = PyTorch.newManager();

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void arrays_beyond_the_bound_are_in_the_file_and_come_back_bit_for_bit() {
    try (var arrays = new SpillingArrays(100, folder.resolve("sub"))) {
      for (int slot = 0; slot < 4; slot++) {
        put(arrays, slot, 2, 10 + slot);
      }

      assertThat(arrays.memoryBytes()).isEqualTo(2 * 10 * 4);
      assertThat(arrays.fileBytes()).isEqualTo(2 * (11 + 12 + 13) * 4);
      for (int slot = 0; slot < 4; slot++) {
        requireHolds(arrays, slot, 2, 10 + slot);
      }
      assertThat(folder.resolve("sub")).isEmptyDirectory();
    }
  }

  @Test
  void a_row_of_an_array_can_be_had_alone() {
    try (var arrays = new SpillingArrays(100, folder);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (int slot = 0; slot < 2; slot++) { // one in memory, one in the file
        put(arrays, slot, 4, 5);
        float[] all = arrays.get(slot).toFloatArray();

        for (int row = 0; row < 4; row++) {
          NDArray one = arrays.get(slot, row);

          assertThat(one.getShape().getShape()).containsExactly(1, 5);
          assertThat(one.toFloatArray()).isEqualTo(Arrays.copyOfRange(all, 5 * row, 5 * row + 5));
        }
      }
      assertThat(arrays.fileBytes()).isEqualTo(4 * 5 * 4);
    }
  }

  @Test
  void a_slot_can_be_put_again_and_uses_its_stretch_of_the_file_again() {
    try (var arrays = new SpillingArrays(0, folder)) {
      put(arrays, 0, 3, 5);
      put(arrays, 1, 3, 5);
      put(arrays, 0, 2, 5);
      put(arrays, 1, 4, 5);

      assertThat(arrays.fileBytes()).isEqualTo((2 * 5 + 4 * 5) * 4);
      requireHolds(arrays, 0, 2, 5);
      requireHolds(arrays, 1, 4, 5);
    }
  }

  @Test
  void what_goes_to_memory_and_back_takes_no_more_of_the_file() {
    try (var arrays = new SpillingArrays(100, folder)) {
      for (int i = 0; i < 5; i++) {
        put(arrays, 0, 3, 10);
        put(arrays, 1, 4, 10);
        put(arrays, 0, 1, 10);
        put(arrays, 1, 1, 10);
      }

      assertThat(arrays.fileBytes()).isZero();
      put(arrays, 0, 3, 10);
      put(arrays, 1, 4, 10);
      assertThat(arrays.fileBytes()).isEqualTo((3 * 10 + 4 * 10) * 4);
      requireHolds(arrays, 0, 3, 10);
      requireHolds(arrays, 1, 4, 10);
    }
  }

  @Test
  void stretches_that_others_left_are_used_again() {
    try (var arrays = new SpillingArrays(0, folder)) {
      for (int slot = 0; slot < 4; slot++) {
        put(arrays, slot, 2, 5);
      }
      for (int rows = 1; rows < 4; rows++) {
        for (int slot = 0; slot < 4; slot++) {
          put(arrays, slot, rows, 5);
        }
      }

      assertThat(arrays.fileBytes()).isLessThanOrEqualTo((4 * 3 * 5 + 2 * 3 * 5) * 4);
      for (int slot = 0; slot < 4; slot++) {
        requireHolds(arrays, slot, 3, 5);
      }
    }
  }

  @Test
  void an_array_of_several_pieces_comes_back_bit_for_bit() {
    int columns = 1 << 20;
    int rows = 2 * Tensors.PIECE / columns + 1;
    try (var arrays = new SpillingArrays(0, folder)) {
      put(arrays, 0, rows, columns);

      assertThat(arrays.fileBytes()).isEqualTo(4L * rows * columns);
      requireHolds(arrays, 0, rows, columns);
    }
  }

  @Test
  void memory_is_freed_when_a_slot_is_put_again() {
    try (var arrays = new SpillingArrays(100, folder)) {
      put(arrays, 0, 1, 20);
      put(arrays, 0, 1, 25);
      put(arrays, 1, 1, 1);
      put(arrays, 0, 1, 5);
      put(arrays, 1, 1, 2);

      assertThat(arrays.memoryBytes()).isEqualTo(7 * 4);
      requireHolds(arrays, 0, 1, 5);
      requireHolds(arrays, 1, 1, 2);
    }
  }

  @Test
  void a_file_that_cannot_be_made_is_named() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    try (var arrays = new SpillingArrays(0, file.resolve("below/a/file"))) {
      assertThatThrownBy(() -> put(arrays, 0, 1, 1))
          .isInstanceOf(WorkerException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("in memory");
    }
  }

  @Test
  void an_emptied_slot_gives_its_memory_and_its_stretch_of_the_file_back() {
    try (var arrays = new SpillingArrays(24, folder)) {
      put(arrays, 0, 2, 3);
      put(arrays, 1, 2, 3);

      arrays.remove(0);
      arrays.remove(1);

      assertThat(arrays.memoryBytes()).isZero();
      assertThatThrownBy(() -> arrays.get(0)).hasMessageContaining("slot 0");
      put(arrays, 2, 2, 3);
      put(arrays, 3, 2, 3);
      assertThat(arrays.memoryBytes()).isEqualTo(24);
      assertThat(arrays.fileBytes()).isEqualTo(24);
      requireHolds(arrays, 2, 2, 3);
      requireHolds(arrays, 3, 2, 3);
    }
  }

  @Test
  void feature_maps_come_back_from_memory_and_from_the_file_as_the_images_that_they_were() {
    float[] pixels = values(0, 2 * 3 * 4 * 5);
    for (long memory : new long[] {(long) pixels.length * Float.BYTES, 0}) {
      try (var arrays = new SpillingArrays(memory, folder);
          var scope = new NDScope()) {
        scope.suppressNotUsedWarning();

        arrays.put(0, Tensors.images(manager, pixels, 2, 3, 4, 5));

        assertThat(arrays.get(0).getShape().getShape()).containsExactly(2, 3, 4, 5);
        assertThat(arrays.get(0).toFloatArray()).containsExactly(pixels);
        assertThat(arrays.get(0, 1).toFloatArray())
            .containsExactly(Arrays.copyOfRange(pixels, 60, 120));
      }
    }
  }

  private void put(SpillingArrays arrays, int slot, int rows, int columns) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      arrays.put(slot, Tensors.of(manager, values(slot, rows * columns), rows, columns));
    }
  }

  private static void requireHolds(SpillingArrays arrays, int slot, int rows, int columns) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray found = arrays.get(slot);
      assertThat(found.getShape().getShape()).containsExactly(rows, columns);
      assertThat(Arrays.equals(found.toFloatArray(), values(slot, rows * columns))).isTrue();
    }
  }

  private static float[] values(int slot, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = slot + 1f / (i + 3);
    }
    return values;
  }
}
