package io.espalier.worker.algorithm.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.gradnas.GoldenRows;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Narrower students of the small models of {@code golden/text-losses}, each sequence also computed
 * alone, without padding, and its loss by loops in float64.
 */
final class TextDistillationTest {
  private static final long SEED = 5;
  private static final double TEMPERATURE = 2;
  private static final DistillationSettings SETTINGS =
      DistillationSettings.of(OutputSettings.of(OutputLoss.FORWARD_KL, TEMPERATURE));

  private final NDManager manager = PyTorch.newManager();
  private final List<Weights> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(Weights::close);
    manager.close();
  }

  /** A model, and a student of it whose layers are narrower. */
  private record Pair(TextModel model, Teacher<TextNetwork> teacher, Weights student) {
    Objective objective(TextDataset data, DistillationSettings settings) {
      return DistillationObjective.ofTexts(
          model.network(),
          student,
          teacher,
          new TextSamples(model.network().input(), data),
          settings);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "answers, true",
    "answers, false",
    "tags, true",
    "tags, false",
    "masked, true",
    "masked, false",
    "embeddings, false",
    "labels, true",
    "labels, false",
    "labels-several, true",
    "values, true",
    "values-two, true",
    "labels-padding-is-end, true",
    "next-longrope, true",
    "next-experts, false"
  })
  void a_batch_loses_what_its_sequences_lose_alone(String name, boolean labelled) {
    GoldenRows rows = GoldenRows.of(name);
    Pair pair = pair(rows);
    TextDataset data = labelled ? rows : new Unlabelled(rows);
    int[] all = IntStream.range(0, rows.size()).toArray();

    Objective.Piece piece = pair.objective(data, SETTINGS).piece(all, random());

    double wanted = 0;
    int count = 0;
    for (int row : all) {
      List<double[][]> asked = asked(pair, data.batch(new int[] {row}));
      wanted += asked.stream().mapToDouble(answer -> loss(pair, answer)).sum();
      count += asked.size();
    }
    boolean answers = name.startsWith("answers");
    assertThat(piece.count()).isEqualTo(answers ? count / 2 : count);
    assertThat(piece.tokens())
        .isEqualTo(IntStream.of(all).map(i -> rows.row(i).path("ids").size()).sum());
    assertThat(wanted).isGreaterThan(1e-3);
    assertThat(sum(piece, pair.student()))
        .isCloseTo(answers ? wanted / 2 : wanted, within(2e-4 * wanted));
  }

  @ParameterizedTest
  @ValueSource(strings = {"answers", "tags", "labels-several", "values", "next-dynamic"})
  void the_task_has_its_share(String name) {
    GoldenRows rows = GoldenRows.of(name);
    Pair pair = pair(rows);
    int[] all = IntStream.range(0, rows.size()).toArray();
    TokenBatch batch = rows.batch(all);

    double learnt = sum(pair.objective(rows, SETTINGS).piece(all, random()), pair.student());
    double mixed =
        sum(pair.objective(rows, SETTINGS.withTask(0.3)).piece(all, random()), pair.student());

    double task =
        TextLoss.of(pair.model().network().input())
            .sum(says(pair.model(), pair.student(), batch), batch)
            .getFloat();
    assertThat(TextLoss.of(pair.model().network().input()).count(batch))
        .isEqualTo(pair.objective(rows, SETTINGS).piece(all, random()).count());
    assertThat(mixed).isCloseTo(0.7 * learnt + 0.3 * task, within(1e-4 * task));
  }

  @Test
  void only_answers_are_learnt_where_only_they_have_labels() {
    GoldenRows rows = GoldenRows.of("next-dynamic");
    Pair pair = pair(rows);
    int[] one = {1};
    TokenBatch whole = rows.batch(one);
    long[] labels = whole.labels().clone();
    int prompt = 9;
    java.util.Arrays.fill(labels, 0, prompt, TokenBatch.IGNORED);
    TextDataset data =
        new Given(
            new TokenBatch(1, whole.length(), whole.ids(), whole.mask(), whole.types(), labels));

    Objective.Piece piece = pair.objective(data, SETTINGS).piece(new int[] {0}, random());

    float[] teacher = says(pair.model(), pair.teacher().weights(), whole).toFloatArray();
    float[] student = says(pair.model(), pair.student(), whole).toFloatArray();
    double wanted = 0;
    for (int token = prompt - 1; token < whole.length() - 1; token++) {
      wanted += divergence(part(teacher, token, 40), part(student, token, 40));
    }
    assertThat(piece.count()).isEqualTo(whole.length() - prompt);
    assertThat(sum(piece, pair.student())).isCloseTo(wanted, within(2e-4 * wanted));
  }

  @Test
  void a_corrected_teacher_says_what_is_right() {
    GoldenRows rows = GoldenRows.of("tags");
    Pair pair = pair(rows);
    int[] one = {0};
    double margin = 0.25;
    DistillationSettings settings =
        DistillationSettings.of(
            new OutputSettings(
                OutputLoss.FORWARD_KL, 1, OptionalDouble.of(margin), FeatureLoss.COSINE));

    double found = sum(pair.objective(rows, settings).piece(one, random()), pair.student());

    TokenBatch batch = rows.batch(one);
    float[] teacher = says(pair.model(), pair.teacher().weights(), batch).toFloatArray();
    float[] student = says(pair.model(), pair.student(), batch).toFloatArray();
    double wanted = 0;
    for (int token = 0; token < batch.length(); token++) {
      int label = (int) batch.labels()[token];
      if (label >= 0) {
        double[] p = softmax(part(teacher, token, 3), 1);
        double[] q = softmax(part(student, token, 3), 1);
        double most = Math.max(p[0], Math.max(p[1], p[2]));
        double share =
            p[label] == most
                ? ((p[label] > 1 - margin ? 1 : p[label] + margin) - most) / (1 - most + 1e-7)
                : (most - p[label] + margin) / (1 + most - p[label] + 1e-7);
        for (int i = 0; i < 3; i++) {
          double mixed = p[i] * (1 - share) + (i == label ? share : 0);
          wanted += mixed < 1e-12 ? 0 : mixed * Math.log(mixed / q[i]);
        }
      }
    }
    assertThat(found).isCloseTo(wanted, within(1e-4 * Math.abs(wanted)));
  }

  /** Neither padding nor neighbours change what a sequence loses. */
  @ParameterizedTest
  @ValueSource(strings = {"answers", "labels", "next-dynamic", "next-longrope"})
  void pieces_of_a_batch_add_up_with_what_is_computed_on_the_way(String name) {
    GoldenRows rows = GoldenRows.of(name);
    Pair pair = pair(rows);
    var inner =
        List.of(
            new InnerLoss(0, 0, List.of(), FeatureLoss.SQUARED_ERROR, 2),
            new AttentionLoss(0, 1, heads(pair, 0), AttentionDistance.DIVERGENCE, 30),
            new AttentionLoss(1, 0, heads(pair, 1), AttentionDistance.SQUARED_SCORES, 3),
            new InnerLoss(1, 1, List.of(), FeatureLoss.COSINE, 0.5));
    Objective objective =
        pair.objective(rows, SETTINGS.withTask(0.2).withInner(inner, Balance.STATIC));

    double whole =
        sum(objective.piece(IntStream.range(0, rows.size()).toArray(), random()), pair.student());
    double pieces = 0;
    for (int row = 0; row < rows.size(); row++) {
      pieces += sum(objective.piece(new int[] {row}, random()), pair.student());
    }

    assertThat(whole).isCloseTo(pieces, within(1e-4 * pieces));
  }

  @Test
  void layers_are_compared_with_those_that_they_were_by_the_channels_that_stayed() {
    GoldenRows rows = GoldenRows.of("next-longrope");
    Pair pair = pair(rows);
    TokenBatch one = rows.batch(new int[] {1});
    NDArray before = leaving(pair, pair.teacher().weights(), one, 1);
    NDArray after = leaving(pair, pair.student(), one, 0);
    List<Integer> kept = List.of(2, 3, 7);
    InnerLoss term = InnerLoss.ofLayers(List.of(1), kept, FeatureLoss.SQUARED_ERROR, 0.5).get(0);

    NDArray losses = term.of(Tensors.select(after, 2, 2, 3, 7), term.wanted(before)); // (tokens)

    float[] wide = before.toFloatArray();
    float[] narrow = after.toFloatArray();
    for (int token = 0; token < one.length(); token++) {
      double squares = 0;
      for (int channel : kept) {
        squares += Math.pow(wide[token * 16 + channel] - narrow[token * 16 + channel], 2);
      }
      assertThat((double) losses.toFloatArray()[token])
          .isCloseTo(squares / 3, within(1e-5 * squares));
    }
    assertThat(term.weight()).isEqualTo(0.5);
  }

  private NDArray leaving(Pair pair, Weights weights, TokenBatch batch, int layer) {
    return new TextPass(pair.model().network())
        .forward(weights, Tokens.of(manager, batch), Set.of(Tap.state(layer)))
        .at(Tap.state(layer));
  }

  @Test
  void a_student_comes_closer_and_its_teacher_stays_as_it_is() {
    GoldenRows rows = GoldenRows.of("labels");
    Pair pair = pair(rows);
    int[] all = IntStream.range(0, rows.size()).toArray();
    Objective.Piece piece = pair.objective(rows, SETTINGS).piece(all, random());
    var before = pair.teacher().weights().toTensorData();
    double first = sum(piece, pair.student());
    pair.student().requireGradients(true);

    for (int step = 0; step < 30; step++) {
      step(piece, pair.student(), 0.02 / all.length);
    }

    pair.student().requireGradients(false);
    assertThat(sum(piece, pair.student())).isLessThan(0.5 * first);
    var after = pair.teacher().weights().toTensorData();
    before.forEach(
        (name, data) -> assertThat(after.get(name).bytes()).as(name).isEqualTo(data.bytes()));
    assertThatThrownBy(
            () -> pair.teacher().weights().gradient(pair.teacher().weights().trainable().get(0)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_batch_that_asks_nothing_has_no_loss_and_no_gradient() {
    GoldenRows rows = GoldenRows.of("next-dynamic");
    Pair pair = pair(rows);
    TokenBatch one = rows.batch(new int[] {0});
    long[] none = new long[one.length()];
    java.util.Arrays.fill(none, TokenBatch.IGNORED);
    TextDataset data =
        new Given(new TokenBatch(1, one.length(), one.ids(), one.mask(), one.types(), none));
    Objective.Piece piece = pair.objective(data, SETTINGS).piece(new int[] {0}, random());
    pair.student().requireGradients(true);

    step(piece, pair.student(), 0);

    assertThat(piece.count()).isZero();
    assertThat(sum(piece, pair.student())).isZero();
  }

  @Test
  void what_needs_labels_is_refused_without_them() {
    GoldenRows rows = GoldenRows.of("tags");
    Pair pair = pair(rows);
    var corrected =
        new OutputSettings(OutputLoss.FORWARD_KL, 1, OptionalDouble.of(0.2), FeatureLoss.COSINE);

    assertThatThrownBy(
            () ->
                pair.objective(
                    new Unlabelled(rows), DistillationSettings.of(corrected).withTask(0.5)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("share of 0.5, which needs labels")
        .hasMessageContaining("corrected by labels");
  }

  @Test
  void embeddings_have_no_task_and_no_right_class() {
    GoldenRows rows = GoldenRows.of("embeddings");
    Pair pair = pair(rows);
    var corrected =
        new OutputSettings(OutputLoss.FORWARD_KL, 1, OptionalDouble.of(0.2), FeatureLoss.COSINE);

    assertThatThrownBy(() -> pair.objective(rows, DistillationSettings.of(corrected).withTask(0.5)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("embeddings has none")
        .hasMessageContaining("leave the correction out");
  }

  @Test
  void a_fingerprint_tells_teachers_and_settings_apart() {
    GoldenRows rows = GoldenRows.of("labels");
    Pair pair = pair(rows);
    Pair other =
        new Pair(
            pair.model(),
            new Teacher<>(pair.teacher().network(), pair.teacher().weights(), "another"),
            pair.student());

    assertThat(
            List.of(
                pair.objective(rows, SETTINGS).fingerprint(),
                other.objective(rows, SETTINGS).fingerprint(),
                pair.objective(rows, SETTINGS.withTask(0.1)).fingerprint(),
                pair.objective(new Unlabelled(rows), SETTINGS).fingerprint()))
        .doesNotHaveDuplicates();
    assertThat(pair.objective(rows, SETTINGS).fingerprint())
        .isEqualTo(pair.objective(rows, SETTINGS).fingerprint());
  }

  /** One batch that is given. */
  private record Given(TokenBatch only) implements TextDataset {
    @Override
    public int size() {
      return 1;
    }

    @Override
    public boolean labelled() {
      return true;
    }

    @Override
    public int length() {
      return only.length();
    }

    @Override
    public TokenBatch batch(int[] indices) {
      return only;
    }

    @Override
    public String fingerprint() {
      return "given";
    }
  }

  private Pair pair(GoldenRows rows) {
    TextModel model = rows.model();
    Weights teacher = Weights.load(model.directory(), model.architecture(), manager);
    Weights student = teacher.keep(RandomCuts.withGroups(model.architecture(), SEED));
    opened.add(teacher);
    opened.add(student);
    return new Pair(model, new Teacher<>(model.network(), teacher, "digest"), student);
  }

  /** As many of a teacher's heads as a layer of its student has. */
  private static List<Integer> heads(Pair pair, int layer) {
    var heads = pair.student().architecture().attentions().get(layer).heads();
    return IntStream.range(0, heads.size() / pair.model().network().headSize()).boxed().toList();
  }

  private double sum(Objective.Piece piece, Weights weights) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return piece.sum(weights, manager).get().getFloat();
    }
  }

  private void step(Objective.Piece piece, Weights weights, double rate) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      weights.clearGradients();
      Gradients.of(piece.sum(weights, manager));
      for (String name : weights.trainable()) {
        Tensors.addScaledInPlace(weights.get(name), weights.gradient(name), -rate);
      }
    }
  }

  private NDArray says(TextModel model, Weights weights, TokenBatch batch) {
    return model.network().forward(weights, Tokens.of(manager, batch), ForwardHooks.NONE);
  }

  /** What teacher and student say of all that is asked of a sequence. */
  private List<double[][]> asked(Pair pair, TokenBatch one) {
    NDArray said = says(pair.model(), pair.teacher().weights(), one);
    float[] teacher = said.toFloatArray();
    float[] student = says(pair.model(), pair.student(), one).toFloatArray();
    int dimensions = said.getShape().dimension();
    int width = (int) said.getShape().get(dimensions - 1);
    var asked = new ArrayList<double[][]>();
    switch (pair.model().network().input().task()) {
      case QUESTION_ANSWERING -> {
        for (int kind = 0; kind < 2; kind++) {
          asked.add(new double[][] {every(teacher, kind), every(student, kind)});
        }
      }
      case TEXT_CLASSIFICATION, FEATURE_EXTRACTION ->
          asked.add(new double[][] {part(teacher, 0, width), part(student, 0, width)});
      case TOKEN_CLASSIFICATION, FILL_MASK -> {
        for (int i = 0; i < one.length(); i++) {
          if (one.labels().length == 0 || one.labels()[i] >= 0) {
            asked.add(new double[][] {part(teacher, i, width), part(student, i, width)});
          }
        }
      }
      case TEXT_GENERATION -> {
        for (int i = 0; i + 1 < one.length(); i++) {
          asked.add(new double[][] {part(teacher, i, width), part(student, i, width)});
        }
      }
    }
    return asked;
  }

  private static double loss(Pair pair, double[][] answer) {
    double[] teacher = answer[0];
    double[] student = answer[1];
    var input = pair.model().network().input();
    return switch (input.task()) {
      case FEATURE_EXTRACTION -> 1 - cosine(teacher, student);
      case TEXT_CLASSIFICATION ->
          switch (input.problem()) {
            case SINGLE_LABEL -> divergence(teacher, student);
            case MULTI_LABEL ->
                IntStream.range(0, teacher.length)
                    .mapToDouble(
                        i -> divergence(new double[] {teacher[i], 0}, new double[] {student[i], 0}))
                    .average()
                    .orElseThrow();
            case REGRESSION ->
                IntStream.range(0, teacher.length)
                    .mapToDouble(i -> Math.pow(teacher[i] - student[i], 2))
                    .average()
                    .orElseThrow();
          };
      default -> divergence(teacher, student);
    };
  }

  private static double divergence(double[] teacher, double[] student) {
    double[] p = softmax(teacher, TEMPERATURE);
    double[] q = softmax(student, TEMPERATURE);
    return TEMPERATURE
        * TEMPERATURE
        * IntStream.range(0, p.length).mapToDouble(i -> p[i] * Math.log(p[i] / q[i])).sum();
  }

  private static double[] softmax(double[] scores, double temperature) {
    double sum = 0;
    double[] p = new double[scores.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(scores[i] / temperature);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  private static double[] part(float[] all, int row, int width) {
    return IntStream.range(0, width).mapToDouble(i -> all[row * width + i]).toArray();
  }

  private static double[] every(float[] all, int from) {
    return IntStream.range(0, all.length / 2).mapToDouble(i -> all[from + 2 * i]).toArray();
  }

  private static SplittableRandom random() {
    return new SplittableRandom(SEED);
  }
}
