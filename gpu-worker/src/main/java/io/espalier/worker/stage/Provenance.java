package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.model.KnownModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Content of {@value #FILE} on how a model was made. */
public final class Provenance {
  static final String FILE = "espalier.json";

  /** A thousand stages with their kept units; what is larger was not written by a stage. */
  private static final long LARGEST = 64L << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Provenance() {}

  /**
   * Reads it; empty if there is none.
   *
   * @throws InvalidInputException if it is too large or no JSON object
   * @throws ResourceException if it cannot be read
   */
  public static Optional<ObjectNode> of(Path model) {
    Path file = model.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      if (Files.size(file) > LARGEST) {
        throw refusal(file, "it has %d bytes".formatted(Files.size(file)));
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      if (root instanceof ObjectNode object) {
        return Optional.of(object);
      }
      throw refusal(file, "it is something else");
    } catch (JsonProcessingException e) {
      throw refusal(file, "it is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new ResourceException("cannot read %s: %s".formatted(file, e), e);
    }
  }

  /** Returns what the one who made a model says of its loaders; else what its family says. */
  public static List<String> loaders(KnownModel model) {
    List<String> loaders = new ArrayList<>();
    of(model.directory().path())
        .ifPresent(made -> made.path("loadsIn").forEach(loader -> loaders.add(loader.asText())));
    return loaders.isEmpty() ? model.family().loadsIn(model.directory().config()) : loaders;
  }

  private static InvalidInputException refusal(Path file, String found) {
    return new InvalidInputException(
        "%s: wanted a JSON object of at most %d bytes that says how the model was made, but %s. Delete the file if the model was made elsewhere."
            .formatted(file, LARGEST, found));
  }
}
