package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FolderOrderTest {
  @ParameterizedTest
  @EnumSource
  void directories_are_in_the_order_of_the_library(FolderOrder order) throws IOException {
    JsonNode orders =
        new ObjectMapper()
            .readTree(Golden.of("images").directory().resolve("orders.json").toFile());
    List<String> expected = new ArrayList<>();
    orders.get(order.library()).forEach(name -> expected.add(name.asText()));
    List<String> shuffled = new ArrayList<>(expected);
    Collections.shuffle(shuffled, new Random(7));

    shuffled.sort(order.comparator());

    assertThat(shuffled).isEqualTo(expected);
  }
}
