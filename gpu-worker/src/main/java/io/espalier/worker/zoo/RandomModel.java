package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Normalization;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.model.Families;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model with random weights, as a training begins with.
 *
 * <p>Convolutions are normal with variance 2 / (outputs × kernel area), where a channel of a
 * depthwise one counts as one output; the classifier is uniform up to 1 / √inputs; biases are 0;
 * BatchNorm is the identity.
 *
 * <p>Source: He et al., Delving Deep into Rectifiers, arXiv 1502.01852, with the fan-out that
 * torchvision chooses for its ResNets.
 *
 * @param architecture as timm names it, such as {@code resnet18} or {@code cifar_resnet20}
 * @param classes number of classes
 * @param size height and width of its images
 * @param channels width of each stage of a residual network; empty for the usual ones
 * @param seed of the weights
 */
public record RandomModel(
    String architecture, int classes, int size, List<Integer> channels, long seed) {

  /** A model; the list is copied. */
  public RandomModel {
    channels = List.copyOf(channels);
  }

  /** A model of the usual widths for ten classes, and for images of the size it was made for. */
  public static RandomModel of(String architecture, long seed) {
    int size = architecture.startsWith("cifar_") ? 32 : 224;
    return new RandomModel(architecture, 10, size, List.of(), seed);
  }

  /** Its config.json. */
  ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("architecture", architecture).put("num_classes", classes);
    config.putArray("input_size").add(3).add(size).add(size);
    ObjectNode arguments = config.putObject("model_args");
    if (!channels.isEmpty()) {
      channels.forEach(arguments.putArray("channels")::add);
    }
    ObjectNode pretrained = config.putObject("pretrained_cfg");
    pretrained.put("num_classes", classes);
    pretrained.putArray("input_size").add(3).add(size).add(size);
    Normalization.CIFAR.mean().forEach(pretrained.putArray("mean")::add);
    Normalization.CIFAR.std().forEach(pretrained.putArray("std")::add);
    return config;
  }

  /**
   * Its weights.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if the architecture is not known
   */
  Map<String, TensorData> tensors() {
    return tensors(config(), seed);
  }

  /**
   * Draws the weights of any network that reads images.
   *
   * @param config its config.json
   * @throws io.espalier.worker.domain.InvalidInputException if the architecture is not known
   */
  public static Map<String, TensorData> tensors(ObjectNode config, long seed) {
    Architecture table = Families.of(config).architecture(config, Map.of());
    Set<String> depthwise =
        table.layers().stream()
            .filter(Layer::depthwise)
            .map(Layer::weight)
            .collect(Collectors.toSet());
    var tensors = new LinkedHashMap<String, TensorData>();
    long number = 0;
    for (TensorSpec tensor : table.tensors()) {
      var random = new Random(Seeds.mix(Seeds.mix(seed) + number++));
      long outputs = depthwise.contains(tensor.name()) ? 1 : outputs(tensor);
      tensors.put(tensor.name(), initial(tensor, outputs, random));
    }
    return tensors;
  }

  private static long outputs(TensorSpec tensor) {
    return tensor.dimensions().isEmpty() ? 1 : tensor.dimensions().get(0).size();
  }

  private static TensorData initial(TensorSpec tensor, long outputs, Random random) {
    long[] shape = tensor.shape();
    if (tensor.name().endsWith(".num_batches_tracked")) {
      return new TensorData(DType.I64, shape, littleEndian(Long.BYTES));
    }
    int count = Math.toIntExact(java.util.Arrays.stream(shape).reduce(1, Math::multiplyExact));
    ByteBuffer bytes = littleEndian(Math.multiplyExact(count, Float.BYTES));
    for (int i = 0; i < count; i++) {
      bytes.putFloat(i * Float.BYTES, (float) value(tensor, outputs, shape, random));
    }
    return new TensorData(DType.F32, shape, bytes);
  }

  private static double value(TensorSpec tensor, long outputs, long[] shape, Random random) {
    if (tensor.role() != Role.PARAMETER) {
      boolean one = tensor.name().endsWith(".weight") || tensor.name().endsWith(".running_var");
      return one ? 1 : 0;
    }
    if (shape.length == 4) {
      return random.nextGaussian() * StrictMath.sqrt(2.0 / (outputs * shape[2] * shape[3]));
    }
    double limit = shape.length == 2 ? 1 / StrictMath.sqrt((double) shape[1]) : 0;
    return limit * (2 * random.nextDouble() - 1);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
