package io.espalier.standalone.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;

/** Format of a result. */
public enum Format {
  /** For people. */
  TABLE {
    @Override
    String write(Result result) {
      return Printable.of(result.table().stripTrailing());
    }
  },
  /** For programs; keys are stable. */
  JSON {
    @Override
    String write(Result result) {
      return text(new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT), result.json());
    }
  },
  /** The same as JSON, as YAML; a list as a stream of documents. */
  YAML {
    @Override
    String write(Result result) {
      if (result.json().isArray()) {
        return documents(result.json());
      }
      YAMLMapper yaml =
          YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();
      return text(yaml, result.json()).stripTrailing();
    }
  },
  /** Only names, one a line, for other commands to take. */
  NAME {
    @Override
    String write(Result result) {
      return Printable.of(String.join("\n", result.names().orElse(List.of())));
    }
  };

  abstract String write(Result result);

  /** Returns whether a result can be written so. */
  public final boolean suits(Result result) {
    return this != NAME || result.names().isPresent();
  }

  /** A result in this format, without a line end. */
  public final String of(Result result) {
    return write(result);
  }

  private static String documents(JsonNode list) {
    List<String> documents = new ArrayList<>();
    list.forEach(document -> documents.add(YamlText.of(document)));
    return String.join("---\n", documents).stripTrailing();
  }

  private static String text(ObjectMapper mapper, JsonNode json) {
    try {
      return mapper.writeValueAsString(json);
    } catch (JsonProcessingException impossible) {
      throw new IllegalArgumentException("cannot be written: " + json, impossible);
    }
  }
}
