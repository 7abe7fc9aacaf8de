package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws questions that a short text answers, as a file of SQuAD 1.1.
 *
 * <p>A text tells six things of a person, of eight that might be told, in any order; it is asked
 * for one of them, and the answer is one to three words of the text. To answer, a model must
 * understand what is asked, and which words of the text are of that kind: a colour that somebody
 * likes is not that of what somebody owns, and not every "in" begins a place.
 *
 * <p>In one of six texts what is asked is told twice, differently. Both are right, as the file
 * says, but a training sees only the first that it names. So a model's loss stays above zero, and
 * its gradients do not vanish.
 */
final class Questions {
  private static final int TOLD = 6;
  private static final List<Boolean> TWICE = List.of(true, false, false, false, false, false);

  /** Kind of fact on a person, and question. */
  private enum Kind {
    LIVES("%s lives %s.", "Where does %s live?"),
    OWNS("%s owns %s.", "What does %s own?"),
    MET("%s met %s.", "Whom did %s meet?"),
    FEELS("%s feels %s.", "How does %s feel?"),
    EATS("%s eats %s.", "What does %s eat?"),
    KEEPS("%s keeps %s cats.", "How many cats does %s keep?"),
    CAME("%s came %s.", "When did %s come?"),
    LIKES("%s likes %s most.", "Which colour does %s like?");

    private final String sentence;
    private final String question;

    Kind(String sentence, String question) {
      this.sentence = sentence;
      this.question = question;
    }

    private String answer(String name, Draws draws) {
      return switch (this) {
        case LIVES -> draws.one(Lexicon.PLACES);
        case OWNS -> "the %s %s".formatted(draws.one(Lexicon.COLOURS), draws.one(Lexicon.THINGS));
        case MET -> draws.one(Lexicon.NAMES.stream().filter(other -> !other.equals(name)).toList());
        case FEELS -> draws.one(Lexicon.MOODS);
        case EATS -> "%s %s".formatted(draws.one(Lexicon.GOOD), draws.one(Lexicon.DISHES));
        case KEEPS -> draws.one(Lexicon.NUMBERS);
        case CAME -> "in " + draws.one(Lexicon.MONTHS);
        case LIKES -> draws.one(Lexicon.COLOURS);
      };
    }
  }

  private record Fact(Kind kind, String name, String answer) {
    String sentence() {
      return kind.sentence.formatted(name, answer);
    }

    String question() {
      return kind.question.formatted(name);
    }
  }

  private Questions() {}

  /**
   * That many questions, each with a text of its own.
   *
   * @param seed decides, with its position, what a question is
   */
  static ObjectNode squad(int count, long seed) {
    ObjectNode file = JsonNodeFactory.instance.objectNode().put("version", "1.1");
    ObjectNode article = file.putArray("data").addObject().put("title", "Drawn questions");
    ArrayNode paragraphs = article.putArray("paragraphs");
    for (int i = 0; i < count; i++) {
      put(paragraphs.addObject(), i, new Draws(Seeds.mix(seed + i)));
    }
    return file;
  }

  private static void put(ObjectNode paragraph, int number, Draws draws) {
    String name = draws.one(Lexicon.NAMES);
    List<Fact> facts = facts(name, draws);
    Fact asked = facts.get(0);
    facts = draws.some(facts.size(), facts);
    var context = new StringBuilder();
    List<ObjectNode> answers = new ArrayList<>();
    for (Fact fact : facts) {
      context.append(context.isEmpty() ? "" : " ");
      if (fact.kind() == asked.kind()) {
        int start = context.length() + fact.sentence().lastIndexOf(fact.answer());
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("text", fact.answer()).put("answer_start", start);
        answers.add(fact.equals(asked) ? 0 : answers.size(), answer);
      }
      context.append(fact.sentence());
    }
    paragraph
        .put("context", context.toString())
        .putArray("qas")
        .addObject()
        .put("id", "question-" + number)
        .put("question", asked.question())
        .putArray("answers")
        .addAll(answers);
  }

  /** Facts of which the first is asked. */
  private static List<Fact> facts(String name, Draws draws) {
    var facts = new ArrayList<Fact>();
    for (Kind kind : draws.some(TOLD, List.of(Kind.values()))) {
      facts.add(new Fact(kind, name, kind.answer(name, draws)));
    }
    if (draws.one(TWICE)) {
      Fact asked = facts.get(0);
      facts.set(TOLD - 1, asked);
      while (facts.get(TOLD - 1).equals(asked)) {
        facts.set(TOLD - 1, new Fact(asked.kind(), name, asked.kind().answer(name, draws)));
      }
    }
    return facts;
  }
}
