package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Objective of a student: what a teacher says of samples. */
record LearningObjective<B, I>(
    LearningSamples<B, I> samples,
    NetworkPass<I> student,
    TeacherSource<B, I> teacher,
    DistillationSettings settings,
    Optional<Weights> alongside)
    implements Objective {
  @Override
  public void close() {
    alongside.ifPresent(Weights::close);
  }

  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public String fingerprint() {
    return new Fingerprint()
        .add("distillation")
        .add(samples.fingerprint())
        .add(teacher.fingerprint())
        .add(settings.toString())
        .hex();
  }

  @Override
  public Piece piece(int[] indices, SplittableRandom random) {
    B batch = samples.draw(indices, random);
    boolean draws = settings.inner().stream().anyMatch(InnerTerm::draws);
    long drawn = draws ? random.nextLong() : 0;
    return new Piece() {
      @Override
      public long count() {
        return samples.count(batch);
      }

      @Override
      public long tokens() {
        return samples.tokens(batch);
      }

      @Override
      public Supplier<NDArray> sum(Weights weights, NDManager manager) {
        I inputs = samples.inputs(batch, manager);
        if (count() == 0) {
          return () -> nothing(student.forward(weights, inputs, Set.of()).output());
        }
        TeacherLesson lesson = teacher.lesson(indices, batch, inputs, settings.inner());
        return () -> loss(weights, batch, inputs, lesson, drawn);
      }

      @Override
      public double addGradients(Weights weights, NDManager manager, double share) {
        if (!settings.inner().isEmpty() || count() == 0) {
          return Piece.super.addGradients(weights, manager, share);
        }
        I inputs = samples.inputs(batch, manager);
        TeacherLesson lesson = teacher.lesson(indices, batch, inputs, List.of());
        return student.addGradients(
            weights,
            inputs,
            said -> Tensors.scale(withTask(said, batch, ofOutput(said, batch, lesson)), share));
      }
    };
  }

  private NDArray companion(String name) {
    return alongside.orElseThrow().get(name);
  }

  /** A loss of 0 that reaches all that is trained. */
  private NDArray nothing(NDArray said) {
    NDArray sum = Tensors.sum(said);
    for (String name : alongside.map(Weights::names).orElse(List.of())) {
      sum = Tensors.add(sum, Tensors.sum(companion(name)));
    }
    return Tensors.scale(sum, 0);
  }

  private NDArray loss(Weights weights, B batch, I inputs, TeacherLesson lesson, long drawn) {
    Set<Tap> taps = settings.inner().stream().map(InnerTerm::ofStudent).collect(Collectors.toSet());
    NetworkPass.Said said = student.forward(weights, inputs, taps);
    NDArray output = ofOutput(said.output(), batch, lesson);
    return withTask(
        said.output(), batch, settings.learnt(output, inner(said, lesson, batch, drawn)));
  }

  private NDArray ofOutput(NDArray said, B batch, TeacherLesson lesson) {
    NDArray rows = lesson.output().loss(samples.rows(said, batch));
    return samples.rowShare() == 1 ? rows : Tensors.scale(rows, samples.rowShare());
  }

  private NDArray withTask(NDArray said, B batch, NDArray learnt) {
    double share = settings.taskShare();
    return share == 0
        ? learnt
        : Tensors.add(
            Tensors.scale(learnt, 1 - share), Tensors.scale(samples.task(said, batch), share));
  }

  private List<NDArray> inner(NetworkPass.Said said, TeacherLesson lesson, B batch, long drawn) {
    var random = new SplittableRandom(drawn);
    var sums = new ArrayList<NDArray>();
    for (int i = 0; i < settings.inner().size(); i++) {
      InnerTerm term = settings.inner().get(i);
      NDArray losses =
          term.losses(said.at(term.ofStudent()), lesson.inner().get(i), this::companion, random);
      sums.add(samples.weighed(losses, batch));
    }
    return sums;
  }
}
