package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Loss of a student's scores, (rows, classes), against what a teacher says of the same rows, in
 * nats.
 *
 * <p>With p what the teacher says and q what the student says, both {@code softmax(scores / T)}: a
 * sum over rows and classes, times T², so that gradients keep their size whatever T is. ModelOpt's
 * loss, a mean over the batch, is this divided by the number of rows.
 *
 * <p>Source: Hinton et al., Distilling the Knowledge in a Neural Network, arXiv 1503.02531;
 * ModelOpt {@code modelopt/torch/distill/losses.py}, {@code LogitsDistillationLoss}, and {@code
 * plugins/megatron.py}, {@code LogitsKLLoss}, which has the reverse.
 */
public enum OutputLoss {
  /** Kullback-Leibler divergence of the student from the teacher: {@code Σ p · (log p - log q)}. */
  FORWARD_KL {
    @Override
    NDArray terms(NDArray logs, SoftTargets teacher) {
      return Tensors.multiply(teacher.probabilities(), Tensors.subtract(teacher.logs(), logs));
    }
  },
  /** Kullback-Leibler divergence of the teacher from the student: {@code Σ q · (log q - log p)}. */
  REVERSE_KL {
    @Override
    NDArray terms(NDArray logs, SoftTargets teacher) {
      return Tensors.multiply(Tensors.exp(logs), Tensors.subtract(logs, teacher.logs()));
    }
  },
  /**
   * Cross entropy: {@code -Σ p · log q}, whose gradient is that of {@link #FORWARD_KL}; not 0 where
   * both agree.
   */
  SOFT_CROSS_ENTROPY {
    @Override
    NDArray terms(NDArray logs, SoftTargets teacher) {
      return Tensors.negate(Tensors.multiply(teacher.probabilities(), logs));
    }
  };

  /** Terms to be summed up, (rows, classes), of a student's log-probabilities. */
  abstract NDArray terms(NDArray logs, SoftTargets teacher);

  /**
   * The sum over rows, a scalar; differentiable by the student's scores.
   *
   * @param student (rows, classes), before softmax
   * @param teacher of the same temperature
   */
  public NDArray sum(NDArray student, SoftTargets teacher, double temperature) {
    NDArray logs = Tensors.logSoftmax(SoftTargets.tempered(student, temperature), 1);
    return sumOfLogs(logs, teacher, temperature);
  }

  /** The same, by a student's log-probabilities at that temperature. */
  NDArray sumOfLogs(NDArray logs, SoftTargets teacher, double temperature) {
    NDArray sum = Tensors.sum(terms(logs, teacher));
    return temperature == 1 ? sum : Tensors.scale(sum, temperature * temperature);
  }
}
