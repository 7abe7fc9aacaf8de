package io.espalier.schemas.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class KeysDocumentTest {
  @TestFactory
  Stream<DynamicTest> every_document_of_a_stage_lists_its_keys_as_they_are_declared() {
    return KeysDocument.tables().keySet().stream()
        .map(document -> DynamicTest.dynamicTest(document.toString(), () -> compare(document)));
  }

  private static void compare(Path document) throws IOException {
    assertThat(Files.readString(document))
        .as("keys have changed: run KeysDocument.main in the folder of this module")
        .isEqualTo(KeysDocument.text(document));
  }
}
