package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Texts of a config.json for tests. */
public final class Configs {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Configs() {}

  /** JSON with apostrophes for quotation marks. */
  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
