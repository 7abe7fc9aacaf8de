package io.espalier.worker.checkpoint;

import java.util.Locale;
import java.util.Set;

/** Files that hold weights, and their format. */
public final class WeightFiles {
  public static final String SAFETENSORS = ".safetensors";

  public static final String SINGLE = "model.safetensors";

  static final String CONVERT =
      "Only safetensors are read, since loading the other formats can run code. Convert it where"
          + " you trust the file: load the state dict with the library that wrote it, then"
          + " safetensors.torch.save_file(state_dict, \"model.safetensors\","
          + " metadata={\"format\": \"pt\"})";

  private static final Set<String> FOREIGN =
      Set.of(
          "bin",
          "pt",
          "pth",
          "ckpt",
          "pkl",
          "pickle",
          "pt2",
          "h5",
          "hdf5",
          "keras",
          "msgpack",
          "npz",
          "npy",
          "onnx",
          "onnx_data",
          "gguf",
          "ggml",
          "tflite",
          "mar",
          "ot",
          "nemo",
          "distcp",
          "pdparams");

  private WeightFiles() {}

  /** Returns whether a file holds weights that are not safetensors, going by its name. */
  public static boolean isForeign(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int dot = name.lastIndexOf('.');
    return dot >= 0
        && FOREIGN.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT))
        && !name.equals("training_args.bin");
  }

  /** Returns whether a file says which tensor lies in which file, going by its name. */
  public static boolean isIndex(String path) {
    return path.endsWith(SAFETENSORS + ".index.json") || path.endsWith(".bin.index.json");
  }

  /**
   * Returns whether a name is one that a shard of a model has: {@code
   * model-00001-of-00003.safetensors}.
   */
  public static boolean isShardName(String name) {
    return name.matches("model-\\d+-of-\\d+\\.safetensors");
  }

  /** The name of a shard of a model, counted from 0. */
  public static String shardName(int index, int count) {
    return String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", index + 1, count);
  }
}
