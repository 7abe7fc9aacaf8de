package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SavedArraysTest {
  private final NDManager manager = PyTorch.newManager();

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray array(int slot, int size) {
    float[] values = new float[2 * size];
    Arrays.fill(values, slot + 0.5f);
    values[size] = -1e-30f;
    return Tensors.of(manager, values, 2, size);
  }

  private Path written() {
    Path file = folder.resolve("sub").resolve("arrays.states");
    SavedArrays.write(file, "after layer 2", 3, slot -> array(slot, 3 + slot));
    return file;
  }

  private List<float[]> read(Path file, int count) {
    var found = new ArrayList<float[]>();
    boolean all =
        SavedArrays.read(file, count, manager, (slot, array) -> found.add(array.toFloatArray()));
    return all ? found : List.of();
  }

  @Test
  void arrays_come_back_bit_for_bit_with_what_they_are() {
    Path file = written();

    assertThat(SavedArrays.label(file)).contains("after layer 2");
    List<float[]> found = read(file, 3);
    for (int slot = 0; slot < 3; slot++) {
      assertThat(found.get(slot)).containsExactly(array(slot, 3 + slot).toFloatArray());
    }
    assertThat(folder.resolve("sub")).isDirectoryContaining(each -> each.equals(file));
    assertThat(folder.resolve("sub").toFile().list()).hasSize(1);
  }

  @Test
  void arrays_larger_than_a_piece_come_back() {
    Path file = folder.resolve("large");
    float[] values = new float[Tensors.PIECE + 7];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    SavedArrays.write(file, "large", 1, slot -> Tensors.of(manager, values, values.length));

    assertThat(Arrays.equals(read(file, 1).get(0), values)).isTrue();
  }

  @Test
  void a_file_that_is_short_or_long_or_of_another_number_is_refused() throws IOException {
    Path file = written();
    byte[] content = Files.readAllBytes(file);

    assertThat(read(file, 2)).isEmpty();
    assertThat(read(file, 4)).isEmpty();
    for (int length : new int[] {0, 5, 20, content.length / 2, content.length - 1}) {
      Files.write(file, Arrays.copyOf(content, length));
      assertThat(read(file, 3)).as("%d bytes", length).isEmpty();
    }
    Files.write(file, Arrays.copyOf(content, content.length + 1));
    assertThat(read(file, 3)).isEmpty();
  }

  @Test
  void what_is_no_such_file_is_nothing() throws IOException {
    Path file = folder.resolve("none");

    assertThat(SavedArrays.label(file)).isEmpty();
    assertThat(read(file, 1)).isEmpty();
    Files.write(file, new byte[] {1});
    assertThat(SavedArrays.label(file)).isEmpty();
  }
}
