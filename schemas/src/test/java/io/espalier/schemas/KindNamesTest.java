package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.StageKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KindNamesTest {
  @ParameterizedTest
  @EnumSource(StageKind.class)
  void a_kind_with_a_symbol_is_told_by_it_alone(StageKind kind) {
    String name = KindNames.of(kind, "");

    assertThat(KindNames.symbol(name)).isEqualTo(kind);
    assertThat(KindNames.beside(name)).isEmpty();
  }

  @Test
  void a_kind_without_a_symbol_is_told_by_its_name_beside_another_symbol() {
    assertThat(KindNames.symbol("copy")).isEqualTo(StageKind.EXPORT);
    assertThat(KindNames.beside("copy")).isEqualTo("copy");
    assertThat(KindNames.of(KindNames.symbol("copy"), KindNames.beside("copy"))).isEqualTo("copy");
  }
}
