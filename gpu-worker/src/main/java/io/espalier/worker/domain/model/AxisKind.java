package io.espalier.worker.domain.model;

/** A kind of dimension: what the units of an axis are. */
public enum AxisKind {
  /** Channels of a convolution or outputs of a linear layer. */
  CHANNELS("channels", "out"),
  /** Attention heads that ask. */
  HEADS("heads"),
  /** KV groups: heads of keys and values, each of which equally many heads ask. */
  GROUPS("groups"),
  /** Feed-forward neurons. */
  NEURONS("neurons"),
  /** Channels of the residual stream of a transformer. */
  HIDDEN("hidden"),
  /** Experts of a layer. */
  EXPERTS("experts"),
  /** Layers that can be dropped. */
  LAYERS("layers"),
  /** Tokens that are known. */
  VOCABULARY("vocabulary"),
  /** Places in a sequence. */
  POSITIONS("positions"),
  /** Kinds of segments that tokens may lie in. */
  SEGMENTS("segments"),
  /** Labels of texts. */
  LABELS("labels"),
  /** Classes of images. */
  CLASSES("classes"),
  /** Channels of the images that are read. */
  IMAGE("image"),
  /** Anything else. */
  OTHER("other");

  private final String key;
  private final String ending;

  AxisKind(String key) {
    this(key, key);
  }

  AxisKind(String key, String ending) {
    this.key = key;
    this.ending = ending;
  }

  /** The word for it in reports and events. */
  public String key() {
    return key;
  }

  /** The usual last part of the name of an axis. */
  String ending() {
    return ending;
  }
}
