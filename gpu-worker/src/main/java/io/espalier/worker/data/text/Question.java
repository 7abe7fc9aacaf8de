package io.espalier.worker.data.text;

import java.util.List;

/**
 * A question on a text.
 *
 * @param where its place in the file, as a JSON path
 * @param text the question, as asked
 * @param context the text that may hold the answer
 * @param answers every answer that is right; none if the context does not answer it
 */
record Question(String where, String id, String text, String context, List<Answer> answers) {
  /**
   * A right answer.
   *
   * @param begin where it begins in the context, in {@code char}s of the Java string
   */
  record Answer(String text, int begin) {
    int end() {
      return begin + text.length();
    }
  }

  Question {
    answers = List.copyOf(answers);
  }

  /** Texts of the right answers. */
  List<String> answerTexts() {
    return answers.stream().map(Answer::text).toList();
  }
}
