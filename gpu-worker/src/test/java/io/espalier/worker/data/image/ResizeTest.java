package io.espalier.worker.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ResizeTest {
  static List<String> cases() {
    return GoldenPixels.names("resize/");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void a_resized_image_is_that_of_pillow(String name) {
    String[] parts = name.split("/", -1);
    RgbImage expected = GoldenPixels.image("resize/" + name);
    Resampling filter = Resampling.named(parts[1]).orElseThrow();

    RgbImage resized =
        Resize.to(
            GoldenPixels.image("picture/" + parts[0]),
            expected.size(),
            filter,
            Resize.PassOrder.PILLOW);

    assertThat(resized.size()).isEqualTo(expected.size());
    assertThat(GoldenPixels.difference(resized, expected)).isZero();
  }
}
