package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a teacher says of samples, as what a student is trained towards. */
record LearningObjective<B, I>(
    Samples<B, I> samples,
    Pass<I> student,
    TeacherSource<B, I> teacher,
    DistillationSettings settings)
    implements Objective {
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
          return () ->
              Tensors.scale(Tensors.sum(student.forward(weights, inputs, Set.of()).output()), 0);
        }
        Lesson lesson = teacher.lesson(indices, batch, inputs, places(InnerLoss::teacher));
        List<NDArray> wanted =
            settings.inner().stream()
                .map(term -> term.wanted(lesson.states().get(term.teacher())))
                .toList();
        return () -> loss(weights, batch, inputs, lesson.output(), wanted);
      }
    };
  }

  private NDArray loss(Weights weights, B batch, I inputs, Target target, List<NDArray> wanted) {
    Pass.Said said = student.forward(weights, inputs, places(InnerLoss::student));
    NDArray rows = target.loss(samples.rows(said.output(), batch));
    NDArray output = samples.rowShare() == 1 ? rows : Tensors.scale(rows, samples.rowShare());
    List<NDArray> inner =
        IntStream.range(0, wanted.size())
            .mapToObj(
                i -> {
                  InnerLoss term = settings.inner().get(i);
                  NDArray losses = term.of(said.states().get(term.student()), wanted.get(i));
                  return samples.weighed(losses, batch);
                })
            .toList();
    NDArray learnt = settings.learnt(output, inner);
    double share = settings.taskShare();
    return share == 0
        ? learnt
        : Tensors.add(
            Tensors.scale(learnt, 1 - share),
            Tensors.scale(samples.task(said.output(), batch), share));
  }

  private Set<Integer> places(Function<InnerLoss, Integer> whose) {
    return settings.inner().stream().map(whose).collect(Collectors.toSet());
  }
}
