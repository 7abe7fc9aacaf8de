package io.espalier.standalone.client.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PortionTest {
  @Test
  void a_key_lies_in_the_partition_that_kafka_s_own_clients_choose() {
    // Kafka's murmur2, worked out apart from its code: run-1 and run-2 in 6 partitions
    assertThat(partitions(Portion.key("run-1"))).containsExactly(1);
    assertThat(partitions(Portion.key("run-2"))).containsExactly(5);
    assertThat(partitions(Portion.all())).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(partitions(Portion.keysAnywhere("run-1"::equals))).hasSize(6);
  }

  private static List<Integer> partitions(Portion portion) {
    return IntStream.range(0, 6).filter(each -> portion.includes(each, 6)).boxed().toList();
  }
}
