package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.TextFamily;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Pattern;

/**
 * A model that reads text with random weights, as a training begins with.
 *
 * <p>Weights are normal with standard deviation 0.02 · √(768 / hidden size), which is what Hugging
 * Face's library begins with at BERT's own size; biases are 0, normalisations the identity. Tables
 * of positions begin as waves of the same size (Vaswani et al., Attention is all you need, arXiv
 * 1706.03762), since small heads hardly learn from random ones which tokens are neighbours. It
 * knows the tokens of {@link TokenizerFile}.
 *
 * @param size what it is built like
 * @param task what it is for
 * @param seed of the weights
 */
public record RandomText(TextSize size, TextTask task, long seed) {
  private static final double DEVIATION = 0.02;
  private static final double AT_HIDDEN = 768;
  private static final Pattern POSITIONS = Pattern.compile("(position_embeddings|wpe)\\.weight$");

  /** Its config.json. */
  ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putArray("architectures").add(size.architecture(task));
    config.put("model_type", size.family()).put("vocab_size", TokenizerFile.size());
    switch (size.family()) {
      case "bert" -> bert(config);
      case "llama" -> llama(config);
      default -> gpt(config);
    }
    config.put("dtype", "float32");
    if (task == TextTask.TEXT_CLASSIFICATION) {
      config.putObject("id2label").put("0", "negative").put("1", "positive");
      config.putObject("label2id").put("negative", 0).put("positive", 1);
    }
    return config;
  }

  private void bert(ObjectNode config) {
    config
        .put("hidden_size", size.hidden())
        .put("num_hidden_layers", size.layers())
        .put("num_attention_heads", size.heads())
        .put("intermediate_size", size.neurons())
        .put("max_position_embeddings", size.positions())
        .put("type_vocab_size", 2)
        .put("hidden_act", "gelu")
        .put("layer_norm_eps", 1e-12)
        .put("pad_token_id", TokenizerFile.PADDING);
  }

  /** Two query heads share keys and values. */
  private void llama(ObjectNode config) {
    config
        .put("hidden_size", size.hidden())
        .put("num_hidden_layers", size.layers())
        .put("num_attention_heads", size.heads())
        .put("num_key_value_heads", size.heads() / 2)
        .put("intermediate_size", size.neurons())
        .put("max_position_embeddings", size.positions())
        .put("hidden_act", "silu")
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 10_000.0)
        .put("tie_word_embeddings", false)
        .put("bos_token_id", TokenizerFile.END)
        .put("eos_token_id", TokenizerFile.END);
  }

  private void gpt(ObjectNode config) {
    config
        .put("n_embd", size.hidden())
        .put("n_layer", size.layers())
        .put("n_head", size.heads())
        .put("n_inner", size.neurons())
        .put("n_positions", size.positions())
        .put("activation_function", "gelu_new")
        .put("layer_norm_epsilon", 1e-5)
        .put("bos_token_id", TokenizerFile.END)
        .put("eos_token_id", TokenizerFile.END);
    if (size.family().equals("gptj")) {
      config.put("rotary_dim", size.hidden() / size.heads() / 2).put("tie_word_embeddings", false);
    }
  }

  /** Its tokenizer.json. */
  ObjectNode tokenizer() {
    return TokenizerFile.json(size.family().equals("bert"));
  }

  /** Its weights. */
  Map<String, TensorData> tensors() {
    ObjectNode config = config();
    if (!(Families.of(config) instanceof TextFamily family)) {
      throw new IllegalStateException(size.family() + " reads no text");
    }
    var tensors = new LinkedHashMap<String, TensorData>();
    long number = 0;
    for (TensorSpec tensor : family.network(config).architecture(Map.of(), 1).tensors()) {
      tensors.put(
          tensor.name(), initial(tensor, new Random(Seeds.mix(Seeds.mix(seed) + number++))));
    }
    return tensors;
  }

  private TensorData initial(TensorSpec tensor, Random random) {
    long[] shape = tensor.shape();
    int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(count, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    IntToDoubleFunction value = value(tensor, random);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(i * Float.BYTES, (float) value.applyAsDouble(i));
    }
    return new TensorData(DType.F32, shape, bytes);
  }

  private IntToDoubleFunction value(TensorSpec tensor, Random random) {
    double deviation = DEVIATION * StrictMath.sqrt(AT_HIDDEN / size.hidden());
    if (POSITIONS.matcher(tensor.name()).find()) {
      return i -> deviation * StrictMath.sqrt(2) * wave(i / size.hidden(), i % size.hidden());
    }
    if (tensor.shape().length > 1) {
      return i -> deviation * random.nextGaussian();
    }
    return i -> tensor.name().endsWith(".weight") ? 1 : 0;
  }

  private double wave(int position, int channel) {
    double turns =
        position / StrictMath.pow(10_000, (channel - channel % 2) / (double) size.hidden());
    return channel % 2 == 0 ? StrictMath.sin(turns) : StrictMath.cos(turns);
  }
}
