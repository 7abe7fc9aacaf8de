package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaRegistryTest {
  @ParameterizedTest
  @CsvSource({
    "http://user:secret@host:8081/base, http://host:8081/base",
    "https://user@host, https://host",
    "http://user:se/cr@et@host, http://host",
    "http://host:8081, http://host:8081",
    "host:8081, host:8081",
  })
  void an_address_is_shown_without_user_and_password(String url, String shown) {
    assertThat(SchemaRegistry.at(url).shownUrl()).isEqualTo(shown);
  }
}
