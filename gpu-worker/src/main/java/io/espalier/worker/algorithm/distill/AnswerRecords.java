package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Answers of a teacher as records, one of each sample: its rows as they are, or of each row the
 * likeliest classes with their log-probabilities at the temperature, corrected if so set.
 */
record AnswerRecords<B, I>(
    LearningSamples<B, I> samples, OutputSettings settings, KeptScores kept) {
  /*
   * number of rows, scores of each (0: only the likeliest are kept), then float32 row by row, or
   * first all classes as int32
   */
  private static final int HEAD = 2 * Integer.BYTES;

  /** Returns what tells these records from those of other samples or settings. */
  String fingerprint() {
    return new Fingerprint()
        .add(samples.fingerprint())
        .add(settings.toString())
        .add(kept.toString())
        .hex();
  }

  /** Writes what a teacher says of a batch. */
  void write(NDArray said, B batch, RecordFile.Sink sink) {
    int[] each = samples.rowsOfEach(batch);
    if (Arrays.stream(each).sum() == 0) {
      Arrays.stream(each).forEach(rows -> sink.add(head(0, 0, 0).flip()));
      return;
    }
    NDArray rows = samples.rows(said, batch);
    boolean whole =
        samples.comparison() != AnswerComparison.CLASSES
            || samples.lengths(batch).length > 0
            || rows.getShape().get(1) <= kept.most();
    if (whole) {
      writeWhole(rows, batch, each, sink);
    } else {
      writeLikeliest(settings.targets(rows, () -> samples.labels(batch)), each, sink);
    }
  }

  private void writeWhole(NDArray rows, B batch, int[] each, RecordFile.Sink sink) {
    float[] all = rows.toFloatArray();
    int scores = Math.toIntExact(rows.getShape().get(1));
    int[] lengths = samples.lengths(batch);
    int row = 0;
    for (int sample = 0; sample < each.length; sample++) {
      int width = lengths.length > 0 ? lengths[sample] : scores;
      ByteBuffer record = head(each[sample], width, each[sample] * width * Float.BYTES);
      for (int end = row + each[sample]; row < end; row++) {
        for (int i = 0; i < width; i++) {
          record.putFloat(all[row * scores + i]);
        }
      }
      sink.add(record.flip());
    }
  }

  private void writeLikeliest(SoftTargets targets, int[] each, RecordFile.Sink sink) {
    List<NDArray> likeliest = Tensors.topK(targets.logs(), kept.most());
    float[] logs = likeliest.get(0).toFloatArray();
    long[] classes = likeliest.get(1).toLongArray();
    int from = 0;
    for (int rows : each) {
      int end = from + rows * kept.most();
      ByteBuffer record = head(rows, 0, (end - from) * (Integer.BYTES + Float.BYTES));
      for (int i = from; i < end; i++) {
        record.putInt((int) classes[i]);
      }
      for (int i = from; i < end; i++) {
        record.putFloat(logs[i]);
      }
      sink.add(record.flip());
      from = end;
    }
  }

  private static ByteBuffer head(int rows, int width, int bytes) {
    return RecordFile.buffer(HEAD + bytes).putInt(rows).putInt(width);
  }

  /** What a student's rows are to be, by the records of all samples of a batch. */
  AnswerTarget target(List<ByteBuffer> records, B batch) {
    int rows = records.stream().mapToInt(record -> record.getInt(0)).sum();
    boolean whole = records.stream().anyMatch(record -> record.getInt(Integer.BYTES) > 0);
    return whole
        ? student -> whole(records, rows, student, batch).loss(student)
        : likeliest(records, rows);
  }

  private AnswerTarget whole(List<ByteBuffer> records, int rows, NDArray student, B batch) {
    int width = Math.toIntExact(student.getShape().get(1));
    float[] all = new float[rows * width];
    Arrays.fill(all, AskedRows.NEVER); // of padding
    int row = 0;
    for (ByteBuffer record : records) {
      record.position(0);
      int end = row + record.getInt();
      int scores = record.getInt();
      for (; row < end; row++) {
        record.asFloatBuffer().get(all, row * width, scores);
        record.position(record.position() + scores * Float.BYTES);
      }
    }
    NDArray said = Tensors.of(student.getManager(), all, rows, width);
    return samples.comparison().target(said, settings, () -> samples.labels(batch));
  }

  private AnswerTarget likeliest(List<ByteBuffer> records, int rows) {
    long[] classes = new long[rows * kept.most()];
    float[] logs = new float[classes.length];
    int from = 0;
    for (ByteBuffer record : records) {
      int end = from + record.getInt(0) * kept.most();
      record.position(HEAD);
      for (int i = from; i < end; i++) {
        classes[i] = record.getInt();
      }
      record.asFloatBuffer().get(logs, from, end - from);
      from = end;
    }
    return student -> likeliestLoss(student, classes, logs);
  }

  private NDArray likeliestLoss(NDArray student, long[] classes, float[] logs) {
    NDManager manager = student.getManager();
    int rows = classes.length / kept.most();
    NDArray scores = SoftTargets.tempered(student, settings.temperature());
    SoftTargets targets = kept.targets(Tensors.of(manager, logs, rows, kept.most()));
    NDArray own = kept.logs(scores, Tensors.of(manager, classes, rows, kept.most()));
    return settings.loss().sumOfLogs(own, targets, settings.temperature());
  }
}
