package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Tokens of a tokenizer, and what the special ones are for.
 *
 * @param size one more than its largest id
 * @param special ids of tokens that stand for no text
 * @param end the token that ends a document
 * @param mask the token that stands for one to be guessed
 */
record Vocabulary(int size, Set<Integer> special, OptionalInt end, OptionalInt mask) {
  static final String FILE = "tokenizer.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Ten times the largest tokenizer.json known, that of a vocabulary of 262,000 tokens. */
  static final long LARGEST = 384L << 20;

  /** Largest file that says what special tokens are for; it is read as a tree. */
  static final long LARGEST_ROLES = 32L << 20;

  /** Files with the names of special tokens, the more usual first. */
  private static final List<String> ROLES =
      List.of("tokenizer_config.json", "special_tokens_map.json");

  /** Names of these tokens where no file says it. */
  private static final List<String> USUAL_ENDS = List.of("<|endoftext|>", "</s>");

  private static final List<String> USUAL_MASKS = List.of("[MASK]", "<mask>");

  Vocabulary {
    special = Set.copyOf(special);
  }

  /**
   * Reads it without the tokenizer, of which the binding tells no sizes.
   *
   * @throws InvalidInputException if tokenizer.json is missing, malformed or too large
   */
  static Vocabulary read(Path modelDirectory) {
    Path file = modelDirectory.resolve(FILE);
    if (!Files.isReadable(file)) {
      throw new InvalidInputException(
          "there is no readable %s in %s, so its texts cannot be turned into tokens; Python writes"
                  .formatted(FILE, modelDirectory)
              + " it: transformers.AutoTokenizer.from_pretrained(name).save_pretrained(directory)");
    }
    requireAtMost(LARGEST, file);
    List<String> ends = names(modelDirectory, "eos_token", USUAL_ENDS);
    List<String> masks = names(modelDirectory, "mask_token", USUAL_MASKS);
    var wanted = new HashSet<String>(ends);
    wanted.addAll(masks);
    var tokens = new Tokens(wanted);
    try (JsonParser json = JSON.createParser(file.toFile())) {
      tokens.read(json);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()));
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
    if (tokens.size == 0) {
      throw new InvalidInputException("%s has no tokens in model.vocab".formatted(file));
    }
    return new Vocabulary(tokens.size, tokens.special, tokens.first(ends), tokens.first(masks));
  }

  /**
   * Makes sure that a model knows every token. It may know more: embeddings are often rounded up.
   *
   * @throws InvalidInputException naming both sizes
   */
  void requireWithin(TextInput input) {
    if (size > input.vocabulary()) {
      throw new InvalidInputException(
          "%s has token ids up to %d, so %d tokens, but the model's embedding knows only %d; is it"
                  .formatted(FILE, size - 1, size, input.vocabulary())
              + " the tokenizer of another model, or were tokens added to it later?");
    }
  }

  private static List<String> names(Path modelDirectory, String role, List<String> usual) {
    for (String name : ROLES) {
      Path file = modelDirectory.resolve(name);
      if (Files.isReadable(file)) {
        JsonNode token = tree(file).path(role);
        String content = token.isObject() ? token.path("content").asText() : token.asText();
        if (!token.isNull() && !content.isEmpty()) {
          return List.of(content);
        }
      }
    }
    return usual;
  }

  private static JsonNode tree(Path file) {
    requireAtMost(LARGEST_ROLES, file);
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  private static void requireAtMost(long largest, Path file) {
    try {
      if (Files.size(file) > largest) {
        throw new InvalidInputException(
            "%s: wanted a file of a tokenizer, which has at most %d bytes, found %d; is it another file under that name?"
                .formatted(file, largest, Files.size(file)));
      }
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
  }

  /** Results of a pass over tokenizer.json; as a tree, large ones would need hundreds of MiB. */
  private static final class Tokens {
    private final Set<String> wanted;
    private final Map<String, Integer> found = new HashMap<>();
    private final Set<Integer> special = new HashSet<>();
    private int size;

    Tokens(Set<String> wanted) {
      this.wanted = wanted;
    }

    OptionalInt first(List<String> names) {
      return names.stream().filter(found::containsKey).mapToInt(found::get).findFirst();
    }

    void read(JsonParser json) throws IOException {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        if (field.equals("added_tokens") && value == JsonToken.START_ARRAY) {
          JSON.<JsonNode>readTree(json).forEach(this::add);
        } else if (field.equals("model") && value == JsonToken.START_OBJECT) {
          readModel(json);
        } else {
          json.skipChildren();
        }
      }
    }

    private void readModel(JsonParser json) throws IOException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean vocabulary = json.currentName().equals("vocab");
        JsonToken value = json.nextToken();
        if (vocabulary && value == JsonToken.START_OBJECT) {
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            String token = json.currentName();
            json.nextToken();
            add(token, json.getIntValue());
          }
        } else if (vocabulary && value == JsonToken.START_ARRAY) {
          readPieces(json);
        } else {
          json.skipChildren();
        }
      }
    }

    /** Unigram's: pairs of a piece and its score, numbered in their order. */
    private void readPieces(JsonParser json) throws IOException {
      for (int id = 0; json.nextToken() == JsonToken.START_ARRAY; id++) {
        json.nextToken();
        add(json.getText(), id);
        while (json.nextToken() != JsonToken.END_ARRAY) {
          json.skipChildren();
        }
      }
    }

    private void add(JsonNode added) {
      int id = added.path("id").asInt();
      add(added.path("content").asText(), id);
      if (added.path("special").asBoolean()) {
        special.add(id);
      }
    }

    private void add(String token, int id) {
      size = Math.max(size, id + 1);
      if (wanted.contains(token)) {
        found.put(token, id);
      }
    }
  }
}
