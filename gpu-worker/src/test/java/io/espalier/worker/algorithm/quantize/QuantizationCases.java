package io.espalier.worker.algorithm.quantize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Cases that compressed-tensors computed, see {@code golden/quantization/make.py}. */
final class QuantizationCases {
  private static final JsonNode ALL = read();

  private QuantizationCases() {}

  static Stream<JsonNode> of(String kind) {
    return StreamSupport.stream(ALL.path(kind).spliterator(), false);
  }

  static JsonNode conversions() {
    return ALL.path("conversions");
  }

  static float[] floats(JsonNode list) {
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) list.get(i).asDouble();
    }
    return floats;
  }

  static byte[] bytes(JsonNode list) {
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) list.get(i).asInt();
    }
    return bytes;
  }

  static int[] ints(JsonNode list) {
    int[] ints = new int[list.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = list.get(i).asInt();
    }
    return ints;
  }

  private static JsonNode read() {
    try (InputStream in =
        QuantizationCases.class.getResourceAsStream("/golden/quantization/cases.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
