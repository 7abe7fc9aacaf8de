package io.espalier.worker.data.text;

import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Counts of words that a model labels right and entities it finds: runs of words whose labels are
 * tags such as {@code B-PER} and {@code I-PER}. An entity counts if its type, its first and its
 * last word are right.
 *
 * <p>Where an entity begins and ends is decided as {@code conlleval} does it, so a run may also
 * begin with {@code I}; {@code E} ends one, {@code S} is one by itself.
 *
 * <p>Source: seqeval 1.2.2 in its default mode, micro average, which Hugging Face's examples
 * measure by.
 */
public final class TagCounts {
  private static final String OUTSIDE = "O";
  private static final String NO_TYPE = "_";
  private static final Set<String> PREFIXES = Set.of("B", "I", "E", "S");

  private final List<String> labels;
  private final List<Sentence> sentences = new ArrayList<>();
  private long words;
  private long hits;
  private long right;
  private long found;
  private long both;

  /**
   * Findings in one sentence.
   *
   * @param hits words that were given the right label
   * @param right entities that there are
   * @param found entities that were found
   * @param both of these, those that there are
   */
  private record Sentence(int words, int hits, int right, int found, int both) {}

  /**
   * An entity.
   *
   * @param begin its first word
   * @param end its last word
   */
  private record Entity(String type, int begin, int end) {}

  /**
   * A label taken apart.
   *
   * @param prefix {@code B}, {@code I}, {@code E}, {@code S}, or {@code O} for no entity
   * @param type of the entity
   */
  private record Tag(String prefix, String type) {
    static Tag of(String label) {
      int dash = label.indexOf('-');
      String type = dash < 0 ? "" : label.substring(dash + 1);
      return new Tag(label.substring(0, 1), type.isEmpty() ? NO_TYPE : type);
    }

    boolean isOutside() {
      return prefix.equals(OUTSIDE);
    }

    boolean isLast() {
      return prefix.equals("E") || prefix.equals("S");
    }

    boolean isFirst() {
      return prefix.equals("B") || prefix.equals("S");
    }

    /** Returns whether an entity that goes up to this word is over before the next one. */
    boolean endsBefore(Tag next) {
      return !isOutside()
          && (next.isOutside() || next.isFirst() || isLast() || !type.equals(next.type));
    }

    /** Returns whether an entity begins with this word. */
    boolean beginsAfter(Tag before) {
      return !isOutside()
          && (isFirst() || before.isOutside() || before.isLast() || !type.equals(before.type));
    }
  }

  /** Counts for a model of these labels, all 0. */
  public TagCounts(List<String> labels) {
    this.labels = List.copyOf(labels);
  }

  /** Returns whether labels are tags of entities, so that there are any to find. */
  public static boolean hasEntities(List<String> labels) {
    return labels.stream().anyMatch(label -> !label.equals(OUTSIDE))
        && labels.stream().allMatch(TagCounts::isTag);
  }

  private static boolean isTag(String label) {
    return label.equals(OUTSIDE)
        || PREFIXES.contains(label)
        || (label.length() > 2
            && label.charAt(1) == '-'
            && PREFIXES.contains(label.substring(0, 1)));
  }

  /**
   * Takes what a model says of some sentences: of each token that is asked for, the label with the
   * highest score, the first of equal ones.
   *
   * @param batch the sentences with the right labels
   * @param logits (sentence, token, label)
   * @throws InvalidInputException if a score is not a number
   */
  public void add(TokenBatch batch, float[] logits) {
    if (logits.length != batch.labels().length * labels.size()) {
      throw new IllegalArgumentException(
          "%d tokens of %d labels need %d scores, not %d"
              .formatted(
                  batch.labels().length,
                  labels.size(),
                  batch.labels().length * labels.size(),
                  logits.length));
    }
    for (int row = 0; row < batch.rows(); row++) {
      var wanted = new ArrayList<String>();
      var given = new ArrayList<String>();
      for (int i = row * batch.length(); i < (row + 1) * batch.length(); i++) {
        if (batch.labels()[i] != TokenBatch.IGNORED) {
          wanted.add(labels.get((int) batch.labels()[i]));
          given.add(labels.get(best(logits, i * labels.size())));
        }
      }
      add(wanted, given);
    }
  }

  /** Takes the labels of a sentence, right and given. */
  void add(List<String> wanted, List<String> given) {
    int same = 0;
    for (int i = 0; i < wanted.size(); i++) {
      same += wanted.get(i).equals(given.get(i)) ? 1 : 0;
    }
    Set<Entity> are = hasEntities(labels) ? entities(wanted) : Set.of();
    Set<Entity> said = hasEntities(labels) ? entities(given) : Set.of();
    int common = (int) are.stream().filter(said::contains).count();
    var sentence = new Sentence(wanted.size(), same, are.size(), said.size(), common);
    sentences.add(sentence);
    add(sentence, 1);
  }

  private void add(Sentence sentence, long times) {
    words += times * sentence.words();
    hits += times * sentence.hits();
    right += times * sentence.right();
    found += times * sentence.found();
    both += times * sentence.both();
  }

  /** Number of sentences. */
  public int sentences() {
    return sentences.size();
  }

  /** Counts of the same sentences, each so many times. */
  public TagCounts drawn(int[] times) {
    var drawn = new TagCounts(labels);
    for (int i = 0; i < times.length; i++) {
      drawn.add(sentences.get(i), times[i]);
    }
    return drawn;
  }

  private static Set<Entity> entities(List<String> sentence) {
    var entities = new HashSet<Entity>();
    Tag before = new Tag(OUTSIDE, NO_TYPE);
    int begin = 0;
    for (int i = 0; i <= sentence.size(); i++) {
      Tag tag = Tag.of(i < sentence.size() ? sentence.get(i) : OUTSIDE);
      if (before.endsBefore(tag)) {
        entities.add(new Entity(before.type(), begin, i - 1));
      }
      begin = tag.beginsAfter(before) ? i : begin;
      before = tag;
    }
    return entities;
  }

  private int best(float[] logits, int from) {
    int best = 0;
    for (int label = 0; label < labels.size(); label++) {
      float score = logits[from + label];
      if (Float.isNaN(score)) {
        throw new InvalidInputException(
            "the model's score of label '%s' is not a number; are its weights damaged?"
                .formatted(labels.get(label)));
      }
      best = score > logits[from + best] ? label : best;
    }
    return best;
  }

  /** Share of words that were given the right label, from 0 to 1. */
  public double accuracy() {
    return (double) hits / words;
  }

  /** Share of the entities that were found which are right, from 0 to 1; 0 if none was found. */
  double precision() {
    return found == 0 ? 0 : (double) both / found;
  }

  /** Share of the right entities that were found, from 0 to 1; 0 if there are none. */
  double recall() {
    return right == 0 ? 0 : (double) both / right;
  }

  /** F1 over all entities, from 0 to 1; 0 if there are none, right or found. */
  public double f1() {
    return right + found == 0 ? 0 : 2.0 * both / (right + found);
  }
}
