package io.espalier.worker.model.convnet;

import io.espalier.worker.tensor.Weights;
import java.util.List;

/** Names of the parts of a residual network in a checkpoint. Stages count from 1. */
enum ResnetNames {
  /** As torchvision and timm name them. */
  TIMM("conv1", "bn1", "fc") {
    @Override
    String stage(int stage) {
      return "layer" + stage;
    }

    @Override
    String block(int stage, int index) {
      return stage(stage) + "." + index;
    }

    @Override
    String conv(String block, int which) {
      return block + ".conv" + which;
    }

    @Override
    String norm(String block, int which) {
      return block + ".bn" + which;
    }

    @Override
    List<String> projection(String block, boolean pooled) {
      int index = pooled ? 1 : 0;
      return List.of(block + ".downsample." + index, block + ".downsample." + (index + 1));
    }
  },

  /** As transformers' {@code ResNetForImageClassification} names them. */
  HUGGING_FACE(
      "resnet.embedder.embedder.convolution",
      "resnet.embedder.embedder.normalization",
      "classifier.1") {
    @Override
    String stage(int stage) {
      return "resnet.encoder.stages." + (stage - 1);
    }

    @Override
    String block(int stage, int index) {
      return stage(stage) + ".layers." + index;
    }

    @Override
    String conv(String block, int which) {
      return block + ".layer." + (which - 1) + ".convolution";
    }

    @Override
    String norm(String block, int which) {
      return block + ".layer." + (which - 1) + ".normalization";
    }

    @Override
    List<String> projection(String block, boolean pooled) {
      return List.of(block + ".shortcut.convolution", block + ".shortcut.normalization");
    }
  };

  private final String stem;
  private final String stemNorm;
  private final String classifier;

  ResnetNames(String stem, String stemNorm, String classifier) {
    this.stem = stem;
    this.stemNorm = stemNorm;
    this.classifier = classifier;
  }

  /** The names that weights go by. */
  static ResnetNames of(Weights weights) {
    return weights.has(HUGGING_FACE.classifier() + ".weight") ? HUGGING_FACE : TIMM;
  }

  /** The convolution that images go through; several below it in timm's "d" networks. */
  String stem() {
    return stem;
  }

  /** The last normalisation before the first stage. */
  String stemNorm() {
    return stemNorm;
  }

  /** The linear layer at the end. */
  String classifier() {
    return classifier;
  }

  /** A stage. */
  abstract String stage(int stage);

  /** Returns what the blocks of a stage add to, as an axis. */
  String stream(int stage) {
    return stage(stage) + ".stream";
  }

  /** A block of a stage; blocks count from 0. */
  abstract String block(int stage, int index);

  /** A convolution of a block; they count from 1. */
  abstract String conv(String block, int which);

  /** The normalisation behind a convolution of a block. */
  abstract String norm(String block, int which);

  /**
   * Convolution and normalisation on the shortcut of a block.
   *
   * @param pooled whether it averages before it projects, as timm's "d" networks do
   */
  abstract List<String> projection(String block, boolean pooled);
}
