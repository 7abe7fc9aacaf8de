package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A file of questions in SQuAD's form, 1.1 or 2.0.
 *
 * <p>Source: Rajpurkar et al., SQuAD: 100,000+ Questions for Machine Comprehension of Text, arXiv
 * 1606.05250, and Know What You Don't Know, arXiv 1806.03822.
 */
final class SquadFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final RowProblems problems;
  private final List<Question> questions = new ArrayList<>();
  private final Map<String, String> places = new HashMap<>();

  private SquadFile(Path file) {
    this.problems = new RowProblems(file);
  }

  /**
   * Every question of a file, in its order.
   *
   * @throws InvalidInputException naming the first problems, each with its place
   */
  static List<Question> read(Path file) {
    var squad = new SquadFile(file);
    squad.readRoot(tree(file));
    squad.problems.throwIfAny();
    return squad.questions;
  }

  private static JsonNode tree(Path file) {
    try {
      return JSON.readTree(TextFiles.read(file));
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s is not valid JSON: %s (line %d)"
              .formatted(file, e.getOriginalMessage(), e.getLocation().getLineNr()));
    }
  }

  private void readRoot(JsonNode root) {
    readEach(root, "", "data", this::readArticle);
  }

  private void readArticle(JsonNode article, String where) {
    readEach(article, where, "paragraphs", this::readParagraph);
  }

  private void readParagraph(JsonNode paragraph, String where) {
    String context = text(paragraph, where, "context");
    var characters = new Characters(context);
    readEach(
        paragraph, where, "qas", (question, at) -> readQuestion(question, at, context, characters));
  }

  private void readQuestion(JsonNode node, String where, String context, Characters characters) {
    String id = text(node, where, "id");
    String earlier = places.putIfAbsent(id, where);
    if (earlier != null && !id.isEmpty()) {
      problems.add(where + ".id", "'%s' is that of %s already".formatted(Quoted.of(id), earlier));
    }
    String question = text(node, where, "question");
    var answers = new ArrayList<Question.Answer>();
    if (expectsAnswers(node, where)) {
      readEach(
          node,
          where,
          "answers",
          (answer, at) -> readAnswer(answer, at, context, characters, answers));
    }
    questions.add(new Question(where, id, question, context, answers));
  }

  /** Returns whether answers are to be read; those of a question that has none may be left out. */
  private boolean expectsAnswers(JsonNode question, String where) {
    boolean impossible = impossible(question, where);
    JsonNode answers = question.path("answers");
    if (impossible && !answers.isEmpty()) {
      problems.add(where, "has answers, but is_impossible is true");
    } else if (!impossible && answers.isArray() && answers.isEmpty()) {
      problems.add(where, "has no answers; if the context gives none, is_impossible must be true");
    }
    return !impossible && !(answers.isArray() && answers.isEmpty());
  }

  private boolean impossible(JsonNode question, String where) {
    JsonNode impossible = question.path("is_impossible");
    if (!impossible.isMissingNode() && !impossible.isBoolean()) {
      problems.add(
          where + ".is_impossible", "wanted true or false, found %s".formatted(kind(impossible)));
    }
    return impossible.asBoolean();
  }

  private void readAnswer(
      JsonNode node,
      String where,
      String context,
      Characters characters,
      List<Question.Answer> answers) {
    String text = text(node, where, "text");
    JsonNode start = node.path("answer_start");
    if (!start.isInt() || start.intValue() < 0) {
      problems.add(
          where + ".answer_start",
          "wanted a number of characters from 0, found %s"
              .formatted(start.isNumber() ? start : kind(start)));
      return;
    }
    if (text.isEmpty() || context.isEmpty()) {
      return; // told already
    }
    int length = text.codePointCount(0, text.length());
    if ((long) start.intValue() + length > characters.count()) {
      problems.add(
          where,
          "%d characters from %d on, but the context has %d"
              .formatted(length, start.intValue(), characters.count()));
      return;
    }
    int begin = characters.index(start.intValue());
    if (context.startsWith(text, begin)) {
      answers.add(new Question.Answer(text, begin));
    } else {
      String there = context.substring(begin, characters.index(start.intValue() + length));
      problems.add(
          where,
          "wanted '%s' at character %d of the context, found '%s'"
              .formatted(Quoted.of(text), start.intValue(), Quoted.of(there)));
    }
  }

  private interface Reader {
    void read(JsonNode element, String where);
  }

  private void readEach(JsonNode parent, String where, String field, Reader reader) {
    JsonNode elements = parent.path(field);
    String place = where.isEmpty() ? field : where + "." + field;
    if (!elements.isArray() || elements.isEmpty()) {
      problems.add(
          place,
          "wanted a list with at least one element, found %s"
              .formatted(elements.isArray() ? "an empty one" : kind(elements)));
    }
    for (int i = 0; elements.isArray() && i < elements.size(); i++) {
      String at = "%s[%d]".formatted(place, i);
      if (elements.get(i).isObject()) {
        reader.read(elements.get(i), at);
      } else {
        problems.add(at, "wanted an object, found %s".formatted(kind(elements.get(i))));
      }
    }
  }

  private String text(JsonNode parent, String where, String field) {
    JsonNode text = parent.path(field);
    if (!text.isTextual() || text.textValue().isBlank()) {
      problems.add(
          where + "." + field,
          "wanted a text, found %s".formatted(text.isTextual() ? "an empty one" : kind(text)));
      return "";
    }
    return text.textValue();
  }

  private static String kind(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
  }
}
