package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.algorithm.quantize.QuantizedLayer.Part;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.surgery.ComputedTensors;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Bytes of a quantized model's tensors, computed while its files are written. Each tensor that
 * takes the place of a weight goes through that weight once more, since files want one tensor after
 * another and scales of all layers are too many to keep. What stays is copied, once it was seen
 * that its numbers are finite.
 */
final class QuantizedTensors implements ComputedTensors {
  private static final int COPIED_AT_ONCE = 1 << 16;

  private record Place(QuantizedLayer layer, Part part) {}

  private final ModelDirectory model;
  private final WeightRows rows;
  private final Progress.Listener progress;
  private final Map<String, Place> places = new HashMap<>();
  private final Set<String> checked = new HashSet<>();
  private final Map<String, LayerError> errors = new LinkedHashMap<>();
  private final int layers;
  private int done;

  QuantizedTensors(QuantizationPlan plan, Progress.Listener progress) {
    this.model = plan.model().directory();
    this.rows = new WeightRows(model);
    this.progress = progress;
    this.layers = plan.layers().size();
    for (QuantizedLayer layer : plan.layers()) {
      layer.parts().forEach(part -> places.put(layer.name(part), new Place(layer, part)));
    }
    for (TensorSpec tensor : plan.model().architecture().tensors()) {
      TensorHeader header = model.tensors().get(tensor.name());
      if (tensor.role() != TensorSpec.Role.CARRIED
          && header != null
          && FloatBytes.supports(header.dtype())
          && header.elements() > 0) {
        checked.add(tensor.name());
      }
    }
  }

  /** Errors of layers that were written, by their names. */
  Map<String, LayerError> errors() {
    return errors;
  }

  @Override
  public boolean computes(String tensor) {
    return places.containsKey(tensor) || checked.contains(tensor);
  }

  @Override
  public void write(TensorHeader tensor, Bytes bytes) throws IOException {
    Place place = places.get(tensor.name());
    if (place == null) {
      copy(tensor, bytes);
      return;
    }
    QuantizedLayer layer = place.layer();
    switch (place.part()) {
      case SHAPE -> bytes.put(shape(layer));
      case SCALE -> scales(layer, bytes);
      case ZERO_POINT -> zeros(layer, bytes);
      case PLAIN, PACKED -> {
        codes(layer, bytes);
        done++;
        progress.report(Progress.of("quantizing layers", done, layers));
      }
    }
  }

  private static ByteBuffer shape(QuantizedLayer layer) {
    return room(2 * Long.BYTES).putLong(layer.outputs()).putLong(layer.inputs()).flip();
  }

  private void scales(QuantizedLayer layer, Bytes bytes) throws IOException {
    var quantizer = new RowQuantizer(layer.scheme(), layer.scaleType(), layer.inputs());
    int size = layer.scaleType().bits() / Byte.SIZE;
    rows.forEach(
        layer.weight(),
        layer.inputs(),
        (weights, count) -> {
          ByteBuffer room = room(count * layer.scheme().scales(layer.inputs()) * size);
          for (int row = 0; row < count; row++) {
            for (float scale : quantizer.take(weights, row * layer.inputs()).scales()) {
              FloatBytes.put(layer.scaleType(), scale, room);
            }
          }
          bytes.put(room.flip());
        });
  }

  private void zeros(QuantizedLayer layer, Bytes bytes) throws IOException {
    var quantizer = new RowQuantizer(layer.scheme(), layer.scaleType(), layer.inputs());
    int scales = layer.scheme().scales(layer.inputs());
    rows.forEach(
        layer.weight(),
        layer.inputs(),
        (weights, count) -> {
          byte[] zeros = new byte[count * scales];
          for (int row = 0; row < count; row++) {
            byte[] own = quantizer.take(weights, row * layer.inputs()).zeros();
            System.arraycopy(own, 0, zeros, row * scales, scales);
          }
          bytes.put(
              layer.scheme().format().isPacked()
                  ? packed(zeros, count, scales, layer.scheme().format().bits())
                  : ByteBuffer.wrap(zeros));
        });
  }

  /** Zero points of (outputs, scales), packed along the outputs. */
  private static ByteBuffer packed(byte[] zeros, int outputs, int scales, int bits) {
    int perWord = Integer.SIZE / bits;
    ByteBuffer room = room(PackedIntegers.words(outputs, bits) * scales * Integer.BYTES);
    for (int first = 0; first < outputs; first += perWord) {
      int count = Math.min(perWord, outputs - first);
      for (int scale = 0; scale < scales; scale++) {
        PackedIntegers.pack(zeros, first * scales + scale, count, scales, bits, room);
      }
    }
    return room.flip();
  }

  private void codes(QuantizedLayer layer, Bytes bytes) throws IOException {
    int inputs = layer.inputs();
    int bits = layer.scheme().format().bits();
    boolean packed = layer.scheme().format().isPacked();
    var quantizer = new RowQuantizer(layer.scheme(), layer.scaleType(), inputs);
    var error = new ErrorSum(layer);
    int size = packed ? PackedIntegers.words(inputs, bits) * Integer.BYTES : inputs;
    rows.forEach(
        layer.weight(),
        inputs,
        (weights, count) -> {
          ByteBuffer room = room(count * size);
          for (int row = 0; row < count; row++) {
            StoredRow stored = quantizer.take(weights, row * inputs);
            error.add(weights, row * inputs, stored);
            if (packed) {
              PackedIntegers.pack(stored.codes(), 0, inputs, 1, bits, room);
            } else {
              room.put(stored.codes());
            }
          }
          bytes.put(room.flip());
        });
    errors.put(layer.module(), error.sum());
  }

  /** Sum of what the rows of a layer lose. */
  private final class ErrorSum {
    private final QuantizedLayer layer;
    private final float[] stands;
    private LayerError sum = LayerError.NONE;

    ErrorSum(QuantizedLayer layer) {
      this.layer = layer;
      this.stands = new float[layer.inputs()];
    }

    void add(float[] weights, int from, StoredRow row) {
      row.stand(layer.scheme(), stands, 0);
      double squares = 0;
      double errors = 0;
      float largest = 0;
      for (int i = 0; i < stands.length; i++) {
        double weight = weights[from + i];
        double error = weight - stands[i];
        squares += weight * weight;
        errors += error * error;
        largest = Math.max(largest, Math.abs(stands[i]));
      }
      if (!Float.isFinite(FloatBytes.rounded(layer.scaleType(), largest))) {
        throw new InvalidInputException(
            "%s: weights of tensor '%s' are as large as %s holds, so that what is read back would overflow; scale the layer or store the model as float32"
                .formatted(model.path(), layer.weight().name(), layer.scaleType()));
      }
      sum = sum.plus(new LayerError(squares, errors));
    }

    LayerError sum() {
      return sum;
    }
  }

  /** Copies a tensor of any rank, seen as one long row or as rows of its last axis. */
  private void copy(TensorHeader tensor, Bytes bytes) throws IOException {
    rows.forEach(tensor, width(tensor), (numbers, count) -> {});
    ByteBuffer room = room((int) Math.min(COPIED_AT_ONCE, tensor.bytes()));
    try (var reader = model.reader(tensor.name())) {
      for (long at = 0; at < tensor.bytes(); at += room.limit()) {
        reader.read(at, room.clear().limit((int) Math.min(room.capacity(), tensor.bytes() - at)));
        bytes.put(room.flip());
      }
    }
  }

  private static int width(TensorHeader tensor) {
    long[] shape = tensor.shape();
    return shape.length == 0 ? 1 : (int) shape[shape.length - 1];
  }

  private static ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
