package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Counts of texts drawn so many times are those of a data set in which they are so many times. */
class DrawnCountsTest {
  private static final int TEXTS = 30;
  private static final int LABELS = 3;

  private final SplittableRandom random = new SplittableRandom(5);
  private final int[] times = random.ints(TEXTS, 0, 4).toArray();

  @Test
  void labels() {
    var all = new LabelCounts(LABELS);
    var repeated = new LabelCounts(LABELS);
    for (int i = 0; i < TEXTS; i++) {
      long[] right = {random.nextInt(LABELS)};
      float[] said = scores(LABELS);
      all.add(right, said);
      for (int time = 0; time < times[i]; time++) {
        repeated.add(right, said);
      }
    }

    LabelCounts drawn = all.drawn(times);

    assertThat(drawn.accuracy()).isEqualTo(repeated.accuracy()).isNotEqualTo(all.accuracy());
    assertThat(drawn.macroF1()).isEqualTo(repeated.macroF1()).isNotEqualTo(all.macroF1());
  }

  @Test
  void sets_of_labels() {
    var all = new LabelSetCounts(LABELS);
    var repeated = new LabelSetCounts(LABELS);
    for (int i = 0; i < TEXTS; i++) {
      float[] right = {random.nextInt(2), random.nextInt(2), random.nextInt(2)};
      float[] said = scores(LABELS);
      all.add(right, said);
      for (int time = 0; time < times[i]; time++) {
        repeated.add(right, said);
      }
    }

    LabelSetCounts drawn = all.drawn(times);

    assertThat(drawn.microF1()).isEqualTo(repeated.microF1()).isNotEqualTo(all.microF1());
    assertThat(drawn.macroF1()).isEqualTo(repeated.macroF1()).isNotEqualTo(all.macroF1());
  }

  @Test
  void numbers() {
    var all = new ValueCounts(2);
    var repeated = new ValueCounts(2);
    for (int i = 0; i < TEXTS; i++) {
      float[] right = scores(2);
      float[] said = {right[0] + scores(1)[0], right[1] - 2 * scores(1)[0]};
      all.add(right, said);
      for (int time = 0; time < times[i]; time++) {
        repeated.add(right, said);
      }
    }

    ValueCounts drawn = all.drawn(times);

    assertThat(drawn.meanSquaredError())
        .isCloseTo(repeated.meanSquaredError(), within(1e-12))
        .isNotCloseTo(all.meanSquaredError(), within(1e-6));
    assertThat(drawn.pearson())
        .isCloseTo(repeated.pearson(), within(1e-12))
        .isNotCloseTo(all.pearson(), within(1e-6));
  }

  @Test
  void numbers_of_one_text_alone_do_not_correlate() {
    var all = new ValueCounts(1);
    all.add(new float[] {1, 2}, new float[] {3, 4});

    assertThat(all.hasCorrelation()).isTrue();
    assertThat(all.drawn(new int[] {2, 0}).hasCorrelation()).isFalse();
  }

  @Test
  void tags_of_words() {
    List<String> tags = List.of("O", "B-PER", "I-PER");
    var all = new TagCounts(tags);
    var repeated = new TagCounts(tags);
    for (int i = 0; i < TEXTS; i++) {
      List<String> wanted = sentence(tags);
      List<String> given = sentence(tags);
      all.add(wanted, given);
      for (int time = 0; time < times[i]; time++) {
        repeated.add(wanted, given);
      }
    }

    TagCounts drawn = all.drawn(times);

    assertThat(drawn.accuracy()).isEqualTo(repeated.accuracy()).isNotEqualTo(all.accuracy());
    assertThat(drawn.f1()).isEqualTo(repeated.f1()).isNotEqualTo(all.f1());
  }

  private float[] scores(int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = (float) (random.nextDouble() - 0.5);
    }
    return scores;
  }

  private List<String> sentence(List<String> tags) {
    var sentence = new ArrayList<String>();
    for (int i = 0; i < 8; i++) {
      sentence.add(tags.get(random.nextInt(tags.size())));
    }
    return sentence;
  }
}
