package io.espalier.worker.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A training step of ResNet-20 written on the engine's own calls, to see what our layer costs. */
final class DirectResnet20 {
  private static final Shape ONE = new Shape(1, 1);

  private final Map<String, PtNDArray> weights = new LinkedHashMap<>();
  private final List<String> trained;

  DirectResnet20(Map<String, NDArray> weights, List<String> trained) {
    weights.forEach((name, array) -> this.weights.put(name, (PtNDArray) array));
    this.trained = trained;
    trained.forEach(name -> this.weights.get(name).setRequiresGradient(true));
  }

  float step(NDArray images, NDArray labels) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      JniUtils.setGradMode(true);
      PtNDArray loss;
      try {
        loss = loss((PtNDArray) images, (PtNDArray) labels);
        JniUtils.backward(loss, scalar(loss, 1), false, false);
      } finally {
        JniUtils.setGradMode(false);
      }
      for (String name : trained) {
        PtNDArray weight = weights.get(name);
        PtNDArray gradient = JniUtils.getGradient(weight);
        JniUtils.addi(weight, JniUtils.mul(gradient, scalar(weight, -1e-4)));
        JniUtils.zeroGrad(weight);
      }
      return loss.getFloat();
    }
  }

  private PtNDArray loss(PtNDArray images, PtNDArray labels) {
    PtNDArray x = JniUtils.relu(norm("bn1", conv("conv1", images, 1)));
    for (int stage = 1; stage <= 3; stage++) {
      for (int block = 0; block < 3; block++) {
        x = block("layer" + stage + "." + block, x, stage > 1 && block == 0 ? 2 : 1);
      }
    }
    PtNDArray pooled = JniUtils.reshape(JniUtils.adaptiveAvgPool(x, ONE), new long[] {-1, 64});
    PtNDArray logits = JniUtils.linear(pooled, weights.get("fc.weight"), weights.get("fc.bias"));
    PtNDArray logs = JniUtils.logSoftmax(logits, 1, DataType.FLOAT32);
    PtNDArray picked = JniUtils.gather(logs, JniUtils.unsqueeze(labels, 1), 1);
    return JniUtils.neg(JniUtils.mean(picked));
  }

  private PtNDArray block(String name, PtNDArray x, int stride) {
    PtNDArray out = JniUtils.relu(norm(name + ".bn1", conv(name + ".conv1", x, stride)));
    out = norm(name + ".bn2", conv(name + ".conv2", out, 1));
    PtNDArray shortcut = x;
    if (stride == 2) {
      long side = x.getShape().get(2);
      long pad = x.getShape().get(1) / 2;
      shortcut = JniUtils.slice(JniUtils.slice(x, 2, 0, side, 2), 3, 0, side, 2);
      shortcut = JniUtils.pad(shortcut, new long[] {0, 0, 0, 0, pad, pad}, 0);
    }
    return JniUtils.relu(JniUtils.add(out, shortcut));
  }

  private PtNDArray conv(String name, PtNDArray x, int stride) {
    Shape step = new Shape(stride, stride);
    return JniUtils.convolution(x, weights.get(name + ".weight"), null, step, ONE, ONE, 1);
  }

  private PtNDArray norm(String name, PtNDArray x) {
    return JniUtils.batchNorm(
        x,
        weights.get(name + ".running_mean"),
        weights.get(name + ".running_var"),
        weights.get(name + ".weight"),
        weights.get(name + ".bias"),
        true,
        0.1,
        1e-5);
  }

  private static PtNDArray scalar(PtNDArray like, double value) {
    return JniUtils.full(
        like.getManager(),
        new Shape(),
        value,
        DataType.FLOAT32,
        like.getDevice(),
        SparseFormat.DENSE);
  }
}
