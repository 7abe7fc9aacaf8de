package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

final class EventsDocumentTest {
  @Test
  void the_document_of_topics_and_fields_says_what_the_schemas_say() throws IOException {
    assertThat(Files.readString(EventsDocument.FILE))
        .as("run EventsDocument.main in the folder of the module to draw it anew")
        .isEqualTo(EventsDocument.text());
  }
}
