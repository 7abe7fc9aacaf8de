package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Answers of a teacher to samples that do not change, computed once and kept in a file.
 *
 * <p>Rows of few classes are kept as they are, so that a student learns the same as from the
 * teacher itself; of many classes only the {@linkplain KeptScores likeliest}. The file is taken up
 * again by whoever wants the same of the same teacher and samples, and written anew if it is of
 * anything else or damaged. What the teacher computes on the way is not kept.
 */
public final class StoredTeacher<B, I> implements TeacherSource<B, I>, AutoCloseable {
  private final RecordFile file;
  private final AnswerRecords<B, I> answers;
  private final String label;

  private StoredTeacher(RecordFile file, AnswerRecords<B, I> answers, String label) {
    this.file = file;
    this.answers = answers;
    this.label = label;
  }

  /**
   * Place and form in which answers are kept.
   *
   * @param file where
   * @param scores which of them
   * @param batch samples that the teacher is asked at once
   */
  public record Storage(Path file, KeptScores scores, int batch) {
    /** Storage; a batch must hold a sample. */
    public Storage {
      if (batch < 1) {
        throw new IllegalArgumentException(
            "a batch of %d samples; at least 1 is needed".formatted(batch));
      }
    }
  }

  /**
   * Answers of a teacher to images.
   *
   * @throws InvalidInputException if images are changed anew each time they are shown
   */
  public static StoredTeacher<Batch, NDArray> ofImages(
      Teacher<VisionFamily> teacher,
      ImageSamples samples,
      OutputSettings settings,
      Storage storage,
      Progress.Listener progress) {
    if (!samples.fixed()) {
      throw new InvalidInputException(
          "what a teacher says is to be kept, but images are changed anew each time by %s, %s; leave the changes out, or ask the teacher each time"
              .formatted(samples.augmentation(), samples.mixup()));
    }
    return of(
        teacher,
        new ImagePass(teacher.network(), Mode.EVALUATE),
        new AnswerRecords<>(samples, settings, storage.scores()),
        storage,
        progress);
  }

  /** Answers of a teacher to texts. */
  public static StoredTeacher<TokenBatch, Tokens> ofTexts(
      Teacher<TextNetwork> teacher,
      TextSamples samples,
      OutputSettings settings,
      Storage storage,
      Progress.Listener progress) {
    return of(
        teacher,
        new TextPass(teacher.network()),
        new AnswerRecords<>(samples, settings, storage.scores()),
        storage,
        progress);
  }

  private static <B, I> StoredTeacher<B, I> of(
      Teacher<?> teacher,
      NetworkPass<I> pass,
      AnswerRecords<B, I> answers,
      Storage storage,
      Progress.Listener progress) {
    String label =
        new Fingerprint().add("answers 1").add(answers.fingerprint()).add(teacher.digest()).hex();
    RecordFile file =
        RecordFile.open(storage.file(), label)
            .orElseGet(
                () -> {
                  RecordFile.write(
                      storage.file(),
                      label,
                      sink ->
                          ask(teacher.weights(), pass, answers, storage.batch(), sink, progress));
                  return RecordFile.open(storage.file(), label)
                      .orElseThrow(
                          () ->
                              new ResourceException(
                                  "%s cannot be read as it was written just now; check the disk"
                                      .formatted(storage.file()),
                                  null));
                });
    return new StoredTeacher<>(file, answers, label);
  }

  private static <B, I> void ask(
      Weights weights,
      NetworkPass<I> pass,
      AnswerRecords<B, I> answers,
      int size,
      RecordFile.Sink sink,
      Progress.Listener progress) {
    LearningSamples<B, I> samples = answers.samples();
    var unused = new SplittableRandom(0); // nothing is drawn of samples that do not change
    try (NDManager manager = PyTorch.newManager()) {
      for (int from = 0; from < samples.size(); from += size) {
        int to = Math.min(from + size, samples.size());
        B batch = samples.draw(IntStream.range(from, to).toArray(), unused);
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NetworkPass.Said said = pass.forward(weights, samples.inputs(batch, manager), Set.of());
          answers.write(said.output(), batch, sink);
        }
        progress.report(Progress.of("asking the teacher", to, samples.size()));
      }
    }
  }

  /** The samples that it was asked of. */
  LearningSamples<B, I> samples() {
    return answers.samples();
  }

  /**
   * Makes sure that settings need nothing that is not kept.
   *
   * @throws InvalidInputException if they do
   */
  void requireEnough(DistillationSettings settings) {
    if (!settings.inner().isEmpty()) {
      throw new InvalidInputException(
          "%d losses of what is computed on the way need the teacher itself, but only what it says is kept; leave them out, or do not keep what it says"
              .formatted(settings.inner().size()));
    }
    if (!settings.output().equals(answers.settings())) {
      throw new IllegalArgumentException(
          "answers were kept for %s, but %s was asked for"
              .formatted(answers.settings(), settings.output()));
    }
  }

  @Override
  public String fingerprint() {
    return label;
  }

  @Override
  public int places() {
    return 0;
  }

  @Override
  public TeacherLesson lesson(int[] indices, B batch, I inputs, List<InnerTerm> inner) {
    return new TeacherLesson(
        answers.target(IntStream.of(indices).mapToObj(file::read).toList(), batch), List.of());
  }

  /** Closes the file, which stays. */
  @Override
  public void close() {
    file.close();
  }
}
