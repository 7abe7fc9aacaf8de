package io.espalier.worker.algorithm.distill;

import static io.espalier.worker.tensor.Golden.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.distill.StoredTeacher.Storage;
import io.espalier.worker.algorithm.gradnas.GoldenRows;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are kept teach what the teacher itself does. */
final class StoredTeacherTest {
  private static final OutputSettings OUTPUT = OutputSettings.of(OutputLoss.FORWARD_KL, 2);
  private static final DistillationSettings SETTINGS = DistillationSettings.of(OUTPUT);
  private static final KeptScores ALL = new KeptScores(64, true);
  private static final int[] SOME = {5, 0, 3};

  @TempDir private Path directory;
  private final NDManager manager = PyTorch.newManager();
  private final List<Weights> opened = new ArrayList<>();
  private final List<Progress> asked = new ArrayList<>();
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("answers/of-a-teacher.bin");
  }

  @AfterEach
  void close() {
    opened.forEach(Weights::close);
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"answers", "tags", "masked", "embeddings", "labels", "labels-several", "values"})
  void answers_that_are_kept_whole_teach_the_same(String name) {
    GoldenRows rows = GoldenRows.of(name);
    Case of = opened(rows);

    try (var stored = stored(of, OUTPUT, ALL)) {
      assertThat(sum(stored, of, SETTINGS)).isCloseTo(live(of, SETTINGS), within(1e-4));
      assertThat(asked).hasSize(3).last().isEqualTo(Progress.of("asking the teacher", 7, 7));
    }
  }

  @Test
  void likeliest_tokens_and_the_rest_teach_less_than_all_and_more_than_fewer() {
    Case of = opened(GoldenRows.of("next-dynamic"));
    double all = live(of, SETTINGS);

    try (var many = stored(of, OUTPUT, new KeptScores(39, true));
        var few = stored(of, OUTPUT, new KeptScores(2, true))) {
      double withMany = sum(many, of, SETTINGS);
      double withFew = sum(few, of, SETTINGS);

      assertThat(withMany).isCloseTo(all, within(1e-3 * all)); // the rest is a single token
      assertThat(withFew).isPositive().isLessThan(0.9 * all);
    }
  }

  @ParameterizedTest
  @CsvSource({"best, false, 1", "best, false, 2", "rest, true, 1", "rest, true, 2"})
  void likeliest_classes_teach_what_pytorch_says(String values, boolean rest, int temperature) {
    Golden golden = Golden.of("scores/distillation");
    NDArray student = golden.input("classes.student_logits", manager);
    NDArray teacher = golden.input("classes.teacher_logits", manager);
    var kept = new KeptScores(3, rest);
    var likeliest = Tensors.topK(SoftTargets.of(teacher, temperature).logs(), 3);
    Gradients.require(student, true);

    NDArray sum =
        Gradients.of(
            () ->
                OutputLoss.FORWARD_KL.sumOfLogs(
                    kept.logs(SoftTargets.tempered(student, temperature), likeliest.get(1)),
                    kept.targets(likeliest.get(0)),
                    temperature));

    String name = "%s.T%d.".formatted(values, temperature);
    assertClose(sum, golden.read("more", name + "sum"), 1e-4);
    assertClose(Gradients.at(student), golden.read("more", name + "gradient"), 1e-4);
  }

  @Test
  void a_corrected_teacher_is_kept_as_it_is_corrected() {
    Case of = opened(GoldenRows.of("masked"));
    var corrected =
        new OutputSettings(OutputLoss.FORWARD_KL, 2, OptionalDouble.of(0.3), FeatureLoss.COSINE);
    DistillationSettings settings = DistillationSettings.of(corrected);
    double wanted = live(of, settings);

    try (var whole = stored(of, corrected, ALL);
        var most = stored(of, corrected, new KeptScores(39, true))) {
      assertThat(sum(whole, of, settings)).isCloseTo(wanted, within(1e-4 * wanted));
      assertThat(sum(most, of, settings)).isCloseTo(wanted, within(1e-3 * wanted));
    }
  }

  @Test
  void a_teacher_is_asked_once() {
    Case of = opened(GoldenRows.of("labels"));
    stored(of, OUTPUT, ALL).close();
    asked.clear();

    try (var again = stored(of, OUTPUT, ALL)) {
      assertThat(asked).isEmpty();
      assertThat(sum(again, of, SETTINGS)).isCloseTo(live(of, SETTINGS), within(1e-4));
    }
  }

  @Test
  void another_teacher_and_other_settings_are_asked_anew() {
    Case of = opened(GoldenRows.of("labels"));
    var other =
        new Case(
            of.samples(),
            new Teacher<>(of.teacher().network(), of.teacher().weights(), "another"),
            of.student());

    stored(of, OUTPUT, ALL).close();
    stored(other, OUTPUT, ALL).close();
    stored(other, OutputSettings.of(OutputLoss.FORWARD_KL, 3), ALL).close();

    assertThat(asked).hasSize(9);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 80, 200, -9, -1})
  void a_damaged_file_is_written_anew(int at) throws IOException {
    Case of = opened(GoldenRows.of("labels"));
    stored(of, OUTPUT, ALL).close();
    long size = Files.size(file);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long position = at < 0 ? size + at : at;
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, position);
      one.put(0, (byte) (one.get(0) ^ 1)).flip();
      channel.write(one, position);
    }
    asked.clear();

    try (var again = stored(of, OUTPUT, ALL)) {
      assertThat(asked).hasSize(3);
      assertThat(sum(again, of, SETTINGS)).isCloseTo(live(of, SETTINGS), within(1e-4));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 70, 100})
  void a_file_that_was_cut_short_is_written_anew(int bytes) throws IOException {
    Case of = opened(GoldenRows.of("labels"));
    stored(of, OUTPUT, ALL).close();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    }
    asked.clear();

    stored(of, OUTPUT, ALL).close();

    assertThat(asked).hasSize(3);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void what_is_computed_on_the_way_is_not_kept() {
    Case of = opened(GoldenRows.of("labels"));
    var inner = List.of(new InnerLoss(0, 0, List.of(), FeatureLoss.COSINE, 1));

    try (var stored = stored(of, OUTPUT, ALL)) {
      assertThatThrownBy(() -> sum(stored, of, SETTINGS.withInner(inner, Balance.STATIC)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("need the teacher itself");
    }
  }

  @Test
  void images_that_change_cannot_be_kept() {
    Golden golden = Golden.of("cifar-resnet20");
    Weights weights = golden.weights(manager);
    opened.add(weights);
    var samples = new ImageSamples(new ImageNoise(10), Augmentation.CIFAR);

    assertThatThrownBy(
            () ->
                StoredTeacher.ofImages(
                    new Teacher<>(golden.family(), weights, "digest"),
                    samples,
                    OUTPUT,
                    new Storage(file, ALL, 3),
                    asked::add))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("images are changed anew");
    assertThat(asked).isEmpty();
  }

  @Test
  void answers_of_images_teach_the_same() {
    Golden golden = Golden.of("cifar-resnet20");
    Weights weights = golden.weights(manager);
    Weights student = weights.keep(RandomCuts.draw(weights.architecture(), 2));
    opened.addAll(List.of(weights, student));
    var samples = new ImageSamples(new ImageNoise(10), Augmentation.NONE);
    var teacher = new Teacher<>(golden.family(), weights, "digest");
    double wanted =
        sum(
            DistillationObjective.ofImages(golden.family(), student, teacher, samples, SETTINGS),
            student);

    try (var stored =
        StoredTeacher.ofImages(teacher, samples, OUTPUT, new Storage(file, ALL, 4), asked::add)) {
      double found =
          sum(DistillationObjective.ofImages(golden.family(), student, stored, SETTINGS), student);

      assertThat(found).isCloseTo(wanted, within(1e-4 * wanted));
    }
  }

  private record Case(TextSamples samples, Teacher<TextNetwork> teacher, Weights student) {}

  private Case opened(GoldenRows rows) {
    TextModel model = rows.model();
    Weights teacher = Weights.load(model.directory(), model.architecture(), manager);
    Weights student = teacher.keep(RandomCuts.withGroups(model.architecture(), 5));
    opened.addAll(List.of(teacher, student));
    return new Case(
        new TextSamples(model.network().input(), rows),
        new Teacher<>(model.network(), teacher, "digest"),
        student);
  }

  private StoredTeacher<TokenBatch, Tokens> stored(
      Case of, OutputSettings settings, KeptScores kept) {
    return StoredTeacher.ofTexts(
        of.teacher(), of.samples(), settings, new Storage(file, kept, 3), asked::add);
  }

  private double live(Case of, DistillationSettings settings) {
    return sum(
        DistillationObjective.ofTexts(
            of.teacher().network(), of.student(), of.teacher(), of.samples(), settings),
        of.student());
  }

  private double sum(
      StoredTeacher<TokenBatch, Tokens> stored, Case of, DistillationSettings settings) {
    return sum(
        DistillationObjective.ofTexts(of.teacher().network(), of.student(), stored, settings),
        of.student());
  }

  private double sum(Objective objective, Weights student) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return objective.piece(SOME, new SplittableRandom(1)).sum(student, manager).get().getFloat();
    }
  }
}
