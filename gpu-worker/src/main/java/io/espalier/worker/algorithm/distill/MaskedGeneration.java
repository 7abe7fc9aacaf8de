package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Loss of what can be generated from a part of a student's feature map, against its teacher's map:
 * points of the student's are covered at random, and two convolutions with a ReLU between them make
 * the whole of the rest. Of each point the mean over channels of squared errors. A student of other
 * channels than its teacher has a convolution of single points in front of the mask. All
 * convolutions are trained along and left behind.
 *
 * <p>Source: Yang et al., Masked Generative Distillation, arXiv 2205.01529, and the authors' code
 * for classification; ModelOpt {@code modelopt/torch/distill/losses.py}, {@code MGDLoss}.
 *
 * @param student section of the student
 * @param teacher section of the teacher
 * @param widths channels of both
 * @param covered share of the points that are covered, from 0 to 1
 * @param seed decides the convolutions at first
 * @param weight factor of the loss
 */
public record MaskedGeneration(
    int student, int teacher, Widths widths, double covered, long seed, double weight)
    implements InnerTerm {
  /** Share of covered points in ModelOpt, and in the paper for detection. */
  public static final double COVERED = 0.65;

  private static final int KERNEL = 3;

  /** Channels of a student's and a teacher's map. */
  public record Widths(int student, int teacher) {}

  /** A loss; the share must be from 0 to less than 1. */
  public MaskedGeneration {
    if (!(covered >= 0 && covered < 1)) {
      throw new IllegalArgumentException(
          "a share of covered points is from 0 to less than 1, but this one is " + covered);
    }
  }

  @Override
  public Tap ofStudent() {
    return Tap.state(student);
  }

  @Override
  public Tap ofTeacher() {
    return Tap.state(teacher);
  }

  @Override
  public boolean draws() {
    return true;
  }

  @Override
  public List<Companion> companions() {
    int wide = widths.teacher();
    List<Companion> all = new ArrayList<>();
    if (aligns()) {
      int narrow = widths.student();
      all.add(Companion.of(name("align.weight"), seed, narrow, wide, narrow, 1, 1));
      all.add(Companion.of(name("align.bias"), seed, narrow, wide));
    }
    int inputs = wide * KERNEL * KERNEL;
    for (String layer : List.of("first", "second")) {
      all.add(Companion.of(name(layer + ".weight"), seed, inputs, wide, wide, KERNEL, KERNEL));
      all.add(Companion.of(name(layer + ".bias"), seed, inputs, wide));
    }
    return all;
  }

  private boolean aligns() {
    return widths.student() != widths.teacher();
  }

  private String name(String tensor) {
    return "generation.%d.%s".formatted(student, tensor);
  }

  @Override
  public NDArray wanted(NDArray found) {
    requireChannels(found, "teacher", teacher, widths.teacher());
    return found;
  }

  private static void requireChannels(NDArray map, String whose, int place, int channels) {
    if (map.getShape().dimension() != 4 || map.getShape().get(1) != channels) {
      throw new InvalidInputException(
          "masked generation: wanted (batch, %d, h, w) at place %d of the %s, found %s; choose a place that passes feature maps on"
              .formatted(channels, place, whose, map.getShape()));
    }
  }

  @Override
  public NDArray losses(
      NDArray found,
      NDArray wanted,
      Function<String, NDArray> companions,
      SplittableRandom random) {
    requireChannels(found, "student", student, widths.student());
    NDArray aligned = aligns() ? convolved(found, "align", 0, companions) : found;
    NDArray seen = Tensors.multiply(aligned, mask(aligned, random));
    NDArray between = Tensors.relu(convolved(seen, "first", 1, companions));
    NDArray made = convolved(between, "second", 1, companions);
    if (!made.getShape().equals(wanted.getShape())) {
      throw new InvalidInputException(
          "masked generation: the student's map at place %d is %s (batch, channels, h, w), the teacher's at %d is %s; choose places of one size"
              .formatted(student, made.getShape(), teacher, wanted.getShape()));
    }
    return FeatureLoss.SQUARED_ERROR.rows(Tensors.points(made), Tensors.points(wanted));
  }

  private NDArray convolved(
      NDArray x, String layer, int padding, Function<String, NDArray> companions) {
    NDArray weight = companions.apply(name(layer + ".weight"));
    NDArray bias = companions.apply(name(layer + ".bias"));
    return FeatureMaps.conv2d(x, weight, bias, 1, padding);
  }

  /** 0 where a point is covered and 1 elsewhere, (batch, 1, h, w). */
  private NDArray mask(NDArray map, SplittableRandom random) {
    long batch = map.getShape().get(0);
    long height = map.getShape().get(2);
    long width = map.getShape().get(3);
    float[] seen = new float[Math.toIntExact(batch * height * width)];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = random.nextDouble() < covered ? 0 : 1;
    }
    NDArray mask = Tensors.of(map.getManager(), seen, batch, 1, height, width);
    return Tensors.inTypeOf(map, mask);
  }
}
