package io.espalier.worker.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Files that hold parts of tensors, one for each rank of a training or a server, going by their
 * names. Which rows or columns of a tensor a rank holds is known to the software that split it, and
 * stands in no index.
 */
enum RankFiles {
  /** {@code mp_rank_00/model_optim_rng.pt}, {@code mp_rank_00_model_states.pt}. */
  MODEL_PARALLEL(
      ".*(mp|tp)_rank_\\d+.*|.*\\.tp\\d+\\.[^/]*",
      "the tensors of one model-parallel rank each, as Megatron and DeepSpeed write them",
      "Export the model to Hugging Face's format where it was trained, with Megatron Bridge's"
          + " AutoBridge.export_ckpt for instance"),
  /** {@code __0_0.distcp}. */
  DISTRIBUTED(
      ".*\\.distcp|(.*/)?dist_(checkpoint|ckpt)/.*",
      "pieces of tensors, as torch.distributed.checkpoint and Megatron write them",
      "Export the model to Hugging Face's format where it was trained (Megatron Bridge:"
          + " AutoBridge.export_ckpt), or gather it with `python -m"
          + " torch.distributed.checkpoint.format_utils dcp_to_torch` and save it again"),
  /** {@code consolidated.00.pth}. */
  CONSOLIDATED(
      "(.*/)?consolidated\\.\\d+\\.(pth|pt|safetensors)",
      "the tensors of one model-parallel rank each, as Llama was first published",
      "Convert them with convert_llama_weights_to_hf.py of transformers, or take the model from"
          + " where it is published in Hugging Face's format"),
  /** {@code model_00-model_01.safetensors}, {@code rank0.safetensors} and the like. */
  SERVED(
      "(.*/)?(model_\\d+-model_\\d+\\.[^/]*|model-rank-\\d+-part-\\d+\\.safetensors"
          + "|rank[-_]?\\d+\\.safetensors)",
      "the tensors of one rank each, prepared for a server",
      "Take the model that they were prepared from");

  private final Pattern names;
  private final String what;
  private final String instead;

  RankFiles(String names, String what, String instead) {
    this.names = Pattern.compile(names);
    this.what = what;
    this.instead = instead;
  }

  /** The kind that a file belongs to by its path, if to any. */
  static Optional<RankFiles> of(String path) {
    return Arrays.stream(values()).filter(kind -> kind.names.matcher(path).matches()).findFirst();
  }

  /** Returns why they are not read, and what to do. */
  String refusal() {
    return "which hold %s; tensors that are split over ranks are not read. %s"
        .formatted(what, instead);
  }
}
