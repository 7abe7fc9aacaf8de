package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokenizer.json of models of this zoo, as Hugging Face's tokenizers library reads it: word
 * pieces in lower case, as BERT has them. Words of the {@link Lexicon} are one token each; others
 * fall into letters and digits.
 */
final class TokenizerFile {
  private static final List<String> SPECIAL =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<|endoftext|>");
  private static final List<String> CHARACTERS =
      "abcdefghijklmnopqrstuvwxyz0123456789".chars().mapToObj(Character::toString).toList();
  private static final String REST = "##";
  private static final List<String> TOKENS = tokens();

  /** Id of the token that fills up. */
  static final int PADDING = TOKENS.indexOf("[PAD]");

  /** Id of the token that ends a text. */
  static final int END = TOKENS.indexOf("<|endoftext|>");

  private TokenizerFile() {}

  private static List<String> tokens() {
    var tokens = new ArrayList<>(SPECIAL);
    tokens.addAll(Lexicon.words());
    CHARACTERS.stream().filter(piece -> !tokens.contains(piece)).forEach(tokens::add);
    CHARACTERS.forEach(piece -> tokens.add(REST + piece));
    return List.copyOf(tokens);
  }

  /** Number of tokens. */
  static int size() {
    return TOKENS.size();
  }

  /**
   * The file.
   *
   * @param framed whether texts stand between [CLS] and [SEP], as encoders have them
   */
  static ObjectNode json(boolean framed) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    SPECIAL.forEach(token -> special(added.addObject(), token));
    json.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .put("lowercase", true)
        .putNull("strip_accents");
    json.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    if (framed) {
      frame(json.putObject("post_processor"));
    } else {
      json.putNull("post_processor");
    }
    json.putObject("decoder").put("type", "WordPiece").put("prefix", REST).put("cleanup", true);
    ObjectNode model =
        json.putObject("model")
            .put("type", "WordPiece")
            .put("unk_token", "[UNK]")
            .put("continuing_subword_prefix", REST)
            .put("max_input_chars_per_word", 100);
    ObjectNode vocabulary = model.putObject("vocab");
    TOKENS.forEach(token -> vocabulary.put(token, TOKENS.indexOf(token)));
    return json;
  }

  private static void special(ObjectNode added, String token) {
    added.put("id", TOKENS.indexOf(token)).put("content", token).put("special", true);
    for (String no : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
      added.put(no, false);
    }
  }

  private static void frame(ObjectNode processor) {
    processor.put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    special(single, "[CLS]", 0);
    sequence(single, "A", 0);
    special(single, "[SEP]", 0);
    ArrayNode pair = processor.putArray("pair").addAll(single.deepCopy());
    sequence(pair, "B", 1);
    special(pair, "[SEP]", 1);
    ObjectNode tokens = processor.putObject("special_tokens");
    for (String token : List.of("[CLS]", "[SEP]")) {
      ObjectNode described = tokens.putObject(token).put("id", token);
      described.putArray("ids").add(TOKENS.indexOf(token));
      described.putArray("tokens").add(token);
    }
  }

  private static void special(ArrayNode template, String token, int type) {
    template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private static void sequence(ArrayNode template, String text, int type) {
    template.addObject().putObject("Sequence").put("id", text).put("type_id", type);
  }
}
