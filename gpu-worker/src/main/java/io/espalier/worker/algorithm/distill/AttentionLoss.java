package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Loss of how a student's tokens look at each other in a layer, of each token the mean over heads.
 *
 * @param student layer of the student
 * @param teacher layer of the teacher
 * @param kept which of the teacher's heads each of the student's is; empty if all are left
 * @param distance of both
 * @param weight factor of the loss
 */
public record AttentionLoss(
    int student, int teacher, List<Integer> kept, AttentionDistance distance, double weight)
    implements InnerTerm {
  /** A loss; the list is copied. */
  public AttentionLoss {
    kept = List.copyOf(kept);
  }

  /**
   * Losses of each layer, of equal weights.
   *
   * @param origins for each layer of the student, which of the teacher's it was
   * @param kept for each layer of the student, its heads as above
   * @param weight of all of them together
   */
  public static List<InnerTerm> ofLayers(
      List<Integer> origins, List<List<Integer>> kept, AttentionDistance distance, double weight) {
    List<InnerTerm> terms = new ArrayList<>();
    for (int layer = 0; layer < origins.size(); layer++) {
      terms.add(
          new AttentionLoss(
              layer, origins.get(layer), kept.get(layer), distance, weight / origins.size()));
    }
    return terms;
  }

  @Override
  public Tap ofStudent() {
    return Tap.attention(student);
  }

  @Override
  public Tap ofTeacher() {
    return Tap.attention(teacher);
  }

  @Override
  public NDArray wanted(NDArray found) {
    if (kept.isEmpty()) {
      return found;
    }
    long heads = found.getShape().get(1);
    if (kept.stream().anyMatch(head -> head < 0 || head >= heads)) {
      throw new InvalidInputException(
          "attention of the teacher's layer %d: it has %d heads, but those kept are %s; is the map that of this teacher?"
              .formatted(teacher, heads, kept));
    }
    return Tensors.select(found, 1, kept.stream().mapToInt(Integer::intValue).toArray());
  }

  @Override
  public NDArray losses(
      NDArray found,
      NDArray wanted,
      Function<String, NDArray> companions,
      SplittableRandom random) {
    if (!found.getShape().equals(wanted.getShape())) {
      throw new InvalidInputException(
          "attention of the student's layer %d against the teacher's %d: the student has %s (batch, heads, tokens, tokens), the teacher %s; say which heads were kept"
              .formatted(student, teacher, found.getShape(), wanted.getShape()));
    }
    NDArray rows = distance.rows(found, wanted); // (batch, heads, tokens)
    NDArray mean = Tensors.scale(Tensors.sum(rows, 1), 1.0 / rows.getShape().get(1));
    return Tensors.reshape(mean, mean.size());
  }
}
