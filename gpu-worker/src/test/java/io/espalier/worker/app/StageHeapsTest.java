package io.espalier.worker.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import org.junit.jupiter.api.Test;

final class StageHeapsTest {
  private static final long GIB = 1L << 30;

  @Test
  void slots_share_one_half_of_the_memory_if_no_heap_is_configured() {
    var heaps = new StageHeaps(8 * GIB);

    assertThat(heaps.mebibytes(1)).isEqualTo(1500);
    assertThat(heaps.mebibytes(2)).isEqualTo(1500);
    assertThat(heaps.mebibytes(4)).isEqualTo(1024);
    assertThat(heaps.mebibytes(5)).isEqualTo(819); // 4096 / 5
  }

  @Test
  void what_is_divided_fits_until_the_shares_are_too_small_to_work_with() {
    var heaps = new StageHeaps(2 * GIB);

    for (int slots = 1; slots <= 8; slots++) {
      int share = heaps.mebibytes(slots);
      int all = slots;
      assertThatCode(() -> heaps.require(all, share)).doesNotThrowAnyException();
    }
    assertThat(heaps.mebibytes(9)).isEqualTo(128);
    assertThatThrownBy(() -> heaps.require(9, 128)).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void heaps_that_do_not_fit_are_refused_with_what_to_do() {
    var heaps = new StageHeaps(8 * GIB);

    assertThatCode(() -> heaps.require(4, 1024)).doesNotThrowAnyException();
    assertThatThrownBy(() -> heaps.require(4, 1025))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("4 slots with a heap of 1025 MiB each need 4100 MiB")
        .hasMessageContaining("of the 8192 MiB of this machine or container")
        .hasMessageContaining("heaps may take 4096 MiB")
        .hasMessageContaining("fewer slots, a smaller heap (for 4 slots at most 1024 MiB)");
  }

  @Test
  void a_product_beyond_the_range_of_an_int_is_no_way_in() {
    assertThatThrownBy(() -> new StageHeaps(GIB).require(1 << 16, 1 << 16))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void the_memory_of_this_machine_is_known() {
    assertThat(StageHeaps.local().memoryBytes()).isGreaterThan(64L << 20);
  }
}
