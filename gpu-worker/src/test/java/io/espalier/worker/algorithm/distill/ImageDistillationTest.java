package io.espalier.worker.algorithm.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDManager;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.Mixup;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.Batch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A ResNet-20 and a student of half its inner channels, on noise. */
final class ImageDistillationTest {
  private static final long SEED = 17;
  private static final int IMAGES = ImageNoise.IMAGES;
  private static final int[] ALL = IntStream.range(0, IMAGES).toArray();
  private static final double TEMPERATURE = 3;
  private static final DistillationSettings SETTINGS =
      DistillationSettings.of(OutputSettings.of(OutputLoss.FORWARD_KL, TEMPERATURE));

  private final NDManager manager = PyTorch.newManager();
  private final Golden golden = Golden.of("cifar-resnet20");
  private final VisionFamily family = golden.family();
  private final Weights teacher = golden.weights(manager);
  private final Weights student = teacher.keep(half(teacher));
  private final ImageNoise noise = new ImageNoise(10);

  @AfterEach
  void close() {
    student.close();
    teacher.close();
    manager.close();
  }

  @Test
  void a_student_is_compared_as_it_is_trained_with_a_teacher_as_it_is_used() {
    Objective.Piece piece = objective(SETTINGS).piece(ALL, random());

    NDArray images = images();
    double[][] p = scores(family.forward(teacher, images, Mode.EVALUATE));
    double[][] q = inTraining(images);
    double wanted = 0;
    for (int image = 0; image < IMAGES; image++) {
      wanted += divergence(p[image], q[image]);
    }
    assertThat(piece.count()).isEqualTo(IMAGES);
    assertThat(piece.tokens()).isZero();
    assertThat(sum(piece)).isCloseTo(wanted, within(1e-4 * wanted));
  }

  @Test
  void classes_have_their_share_if_there_are_any() {
    Objective.Piece piece = objective(SETTINGS.withTask(0.25)).piece(ALL, random());
    double learnt = sum(objective(SETTINGS).piece(ALL, random()));

    double[][] q = inTraining(images());
    double task = 0;
    for (int image = 0; image < IMAGES; image++) {
      task -= Math.log(softmax(q[image], 1)[noise.label(image)]);
    }
    assertThat(sum(piece)).isCloseTo(0.75 * learnt + 0.25 * task, within(1e-3));
  }

  @Test
  void mixed_images_have_both_classes_by_their_shares() {
    var mixup = new Mixup(0.7);
    Objective objective =
        DistillationObjective.ofImages(
            family,
            student,
            taught(),
            new ImageSamples(noise, Augmentation.NONE, mixup),
            SETTINGS.withTask(0.25));
    SplittableRandom drawing = random();
    Batch mixed = mixup.apply(Augmentation.NONE.apply(noise.batch(ALL), noise, drawing), drawing);
    NDArray images = Batches.images(noise, mixed, manager);
    double[][] p = scores(family.forward(teacher, images, Mode.EVALUATE));
    double[][] q = inTraining(images);

    double found = sum(objective.piece(ALL, random()));

    double wanted = 0;
    for (int i = 0; i < IMAGES; i++) {
      double[] own = softmax(q[i], 1);
      double share = mixed.shares()[i];
      double task =
          -share * Math.log(own[noise.label(i)])
              - (1 - share) * Math.log(own[(int) mixed.others()[i]]);
      wanted += 0.75 * divergence(p[i], q[i]) + 0.25 * task;
    }
    assertThat(found).isCloseTo(wanted, within(1e-4 * wanted));
    assertThat(objective.fingerprint())
        .isNotEqualTo(objective(SETTINGS.withTask(0.25)).fingerprint());
  }

  @Test
  void images_without_classes_teach_but_have_no_task() {
    var unlabelled = new ImageSamples(new ImageNoise(0), Augmentation.CIFAR);

    Objective objective =
        DistillationObjective.ofImages(family, student, taught(), unlabelled, SETTINGS);

    assertThat(sum(objective.piece(ALL, random())))
        .isEqualTo(sum(objective(SETTINGS).piece(ALL, random())));
    assertThatThrownBy(
            () ->
                DistillationObjective.ofImages(
                    family, student, taught(), unlabelled, SETTINGS.withTask(0.5)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("needs labels");
  }

  @Test
  void statistics_of_the_student_move_and_those_of_the_teacher_stay() {
    float[] before = teacher.get("bn1.running_mean").toFloatArray();
    float[] own = student.get("bn1.running_mean").toFloatArray();

    sum(objective(SETTINGS).piece(ALL, random()));

    assertThat(teacher.get("bn1.running_mean").toFloatArray()).isEqualTo(before);
    assertThat(student.get("bn1.running_mean").toFloatArray()).isNotEqualTo(own);
  }

  @Test
  void feature_maps_are_compared_point_by_point() {
    int place = 4;
    var settings =
        SETTINGS.withInner(
            List.of(new InnerLoss(place, place, List.of(), FeatureLoss.SQUARED_ERROR, 3)),
            Balance.STATIC);

    double found = sum(objective(settings).piece(ALL, random()));

    double plain = sum(objective(SETTINGS).piece(ALL, random()));
    NDArray wanted = at(teacher, place, Mode.EVALUATE);
    NDArray made = at(student, place, Mode.TRAIN);
    double squares = 0;
    float[] a = wanted.toFloatArray();
    float[] b = made.toFloatArray();
    for (int i = 0; i < a.length; i++) {
      squares += Math.pow(a[i] - b[i], 2);
    }
    double mean = squares / (a.length / (double) IMAGES);
    assertThat(found).isCloseTo(plain + 3 * mean, within(1e-4 * found));
  }

  /** A student whose maps are some of the teacher's channels has no such loss. */
  @Test
  void channels_are_those_that_were_kept() {
    NDArray maps = at(teacher, 4, Mode.EVALUATE);
    NDArray some = Tensors.select(maps, 1, 1, 5, 11);
    var term = new InnerLoss(4, 4, List.of(1, 5, 11), FeatureLoss.SQUARED_ERROR, 1);
    var others = new InnerLoss(4, 4, List.of(1, 5, 12), FeatureLoss.SQUARED_ERROR, 1);

    assertThat(Tensors.sum(term.of(some, term.wanted(maps))).getFloat()).isZero();
    assertThat(Tensors.sum(others.of(some, others.wanted(maps))).getFloat()).isPositive();
  }

  @Test
  void places_that_do_not_fit_are_refused() {
    NDArray maps = at(teacher, 4, Mode.EVALUATE);
    var narrow = new InnerLoss(4, 4, List.of(1, 5), FeatureLoss.COSINE, 1);
    var beyond = new InnerLoss(4, 4, List.of(1, 99), FeatureLoss.COSINE, 1);
    var nowhere = new InnerLoss(40, 41, List.of(), FeatureLoss.COSINE, 1);

    assertThatThrownBy(() -> narrow.of(maps, narrow.wanted(maps)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("say which channels were kept");
    assertThatThrownBy(() -> beyond.wanted(maps))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("go from 1 to 99");
    assertThatThrownBy(() -> objective(SETTINGS.withInner(List.of(nowhere), Balance.STATIC)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("place 40 of the student, which has 11")
        .hasMessageContaining("place 41 of the teacher");
  }

  @Test
  void a_dynamic_balance_makes_each_inner_loss_as_large_as_that_of_the_output() {
    var terms =
        List.of(
            new InnerLoss(3, 3, List.of(), FeatureLoss.SQUARED_ERROR, 1),
            new InnerLoss(6, 6, List.of(), FeatureLoss.COSINE, 0.5));
    double output = sum(objective(SETTINGS).piece(ALL, random()));
    float[] ofOutput = gradient(SETTINGS);
    float[] ofBoth = gradient(SETTINGS.withInner(terms.subList(0, 1), Balance.STATIC));
    double inner =
        sum(objective(SETTINGS.withInner(terms.subList(0, 1), Balance.STATIC)).piece(ALL, random()))
            - output;

    double balanced =
        sum(objective(SETTINGS.withInner(terms, Balance.DYNAMIC)).piece(ALL, random()));
    float[] ofBalanced = gradient(SETTINGS.withInner(terms.subList(0, 1), Balance.DYNAMIC));

    assertThat(balanced).isCloseTo(2.5 * output, within(1e-4 * output));
    for (int i = 0; i < ofOutput.length; i++) {
      double wanted = ofOutput[i] + (ofBoth[i] - ofOutput[i]) * output / inner;
      assertThat((double) ofBalanced[i]).isCloseTo(wanted, within(0.02 * Math.abs(wanted) + 1e-3));
    }
  }

  @Test
  void nothing_is_left_behind_by_a_step() {
    Objective objective =
        objective(
            SETTINGS
                .withTask(0.5)
                .withInner(
                    List.of(new InnerLoss(3, 3, List.of(), FeatureLoss.COSINE, 1)),
                    Balance.DYNAMIC));
    student.requireGradients(true);
    int before = 0;
    for (int step = 0; step < 4; step++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Gradients.of(objective.piece(ALL, random()).sum(student, manager));
      }
      int now = ((PtNDManager) manager).getManagedArrays().size();
      before = step == 0 ? now : before;
      assertThat(now).isEqualTo(before);
    }
  }

  private float[] gradient(DistillationSettings settings) {
    student.requireGradients(true);
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      student.clearGradients();
      Gradients.of(objective(settings).piece(ALL, random()).sum(student, manager));
      return student.gradient("conv1.weight").toFloatArray();
    } finally {
      student.requireGradients(false);
    }
  }

  private Objective objective(DistillationSettings settings) {
    return DistillationObjective.ofImages(
        family, student, taught(), new ImageSamples(noise, Augmentation.CIFAR), settings);
  }

  private Teacher<VisionFamily> taught() {
    return new Teacher<>(family, teacher, "digest");
  }

  private double sum(Objective.Piece piece) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return piece.sum(student, manager).get().getFloat();
    }
  }

  /** The images as the same draws change them. */
  private NDArray images() {
    Batch batch = Augmentation.CIFAR.apply(noise.batch(ALL), noise, random());
    return Batches.images(noise, batch, manager);
  }

  private NDArray at(Weights weights, int place, Mode mode) {
    return Section.forward(family.sections(weights).subList(0, place + 1), images(), mode);
  }

  private double[][] inTraining(NDArray images) {
    return scores(family.forward(student, images, Mode.TRAIN));
  }

  private static double[][] scores(NDArray said) {
    float[] all = said.toFloatArray();
    int classes = all.length / IMAGES;
    return IntStream.range(0, IMAGES)
        .mapToObj(
            image ->
                IntStream.range(0, classes).mapToDouble(i -> all[image * classes + i]).toArray())
        .toArray(double[][]::new);
  }

  private static double divergence(double[] teacher, double[] student) {
    double[] p = softmax(teacher, TEMPERATURE);
    double[] q = softmax(student, TEMPERATURE);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i] * Math.log(p[i] / q[i]);
    }
    return sum * TEMPERATURE * TEMPERATURE;
  }

  private static double[] softmax(double[] scores, double temperature) {
    double[] p = Arrays.stream(scores).map(score -> Math.exp(score / temperature)).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(each -> each / sum).toArray();
  }

  private static Kept half(Weights weights) {
    Kept kept = Kept.all();
    for (Axis axis : weights.architecture().prunableAxes()) {
      kept = kept.with(axis, IntStream.range(0, axis.units() / 2).map(i -> 2 * i).toArray());
    }
    return kept;
  }

  private static SplittableRandom random() {
    return new SplittableRandom(SEED);
  }
}
