package io.espalier.worker.data.text;

/**
 * Scores of answers, as SQuAD's own script has them.
 *
 * @param exact questions whose answer is exactly right after normalisation, in percent
 * @param f1 mean overlap of words with the right answer that fits best, in percent
 * @param questions number of questions
 */
public record SquadScores(double exact, double f1, int questions) {}
