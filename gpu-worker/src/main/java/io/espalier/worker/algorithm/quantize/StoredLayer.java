package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.algorithm.quantize.QuantizedLayer.Part;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A layer in the files of a quantized model. */
final class StoredLayer implements AutoCloseable {
  private final QuantizedLayer layer;
  private final TensorReader codes;
  private final float[] scales;
  private final byte[] zeros;
  private final StoredRow row;
  private final ByteBuffer bytes;
  private final float[] numbers;

  StoredLayer(QuantizedLayer layer, ModelDirectory files) {
    this.layer = layer;
    int perRow = layer.scheme().scales(layer.inputs());
    this.scales = scales(layer, files);
    this.zeros = new byte[layer.outputs() * perRow];
    if (!layer.scheme().symmetric()) {
      readZeros(files, perRow);
    }
    this.row = StoredRow.empty(layer.scheme(), layer.inputs());
    this.numbers = new float[layer.inputs()];
    boolean packed = layer.scheme().format().isPacked();
    this.codes = files.reader(layer.name(packed ? Part.PACKED : Part.PLAIN));
    this.bytes = room((int) (codes.tensor().bytes() / layer.outputs()));
  }

  private static float[] scales(QuantizedLayer layer, ModelDirectory files) {
    ByteBuffer stored = all(files, layer.name(Part.SCALE));
    float[] scales = new float[(int) layer.header(Part.SCALE).elements()];
    FloatBytes.read(layer.scaleType(), stored, scales, scales.length);
    return scales;
  }

  private void readZeros(ModelDirectory files, int perRow) {
    ByteBuffer stored = all(files, layer.name(Part.ZERO_POINT));
    int bits = layer.scheme().format().bits();
    if (!layer.scheme().format().isPacked()) {
      stored.get(zeros);
      return;
    }
    int perWord = Integer.SIZE / bits;
    for (int first = 0; first < layer.outputs(); first += perWord) {
      int count = Math.min(perWord, layer.outputs() - first);
      for (int scale = 0; scale < perRow; scale++) {
        PackedIntegers.unpack(stored, bits, zeros, first * perRow + scale, count, perRow);
      }
    }
  }

  /** Fills in numbers that the layer's weight stands for, from one of them on. */
  void fill(long from, ByteBuffer into) {
    long at = from;
    while (into.hasRemaining()) {
      int column = (int) (at % layer.inputs());
      stand((int) (at / layer.inputs()));
      for (int i = column; i < layer.inputs() && into.hasRemaining(); i++) {
        into.putFloat(numbers[i]);
        at++;
      }
    }
  }

  private void stand(int output) {
    codes.read((long) output * bytes.capacity(), bytes.clear());
    bytes.flip();
    if (layer.scheme().format().isPacked()) {
      PackedIntegers.unpack(
          bytes, layer.scheme().format().bits(), row.codes(), 0, layer.inputs(), 1);
    } else {
      bytes.get(row.codes());
    }
    int perRow = row.scales().length;
    System.arraycopy(scales, output * perRow, row.scales(), 0, perRow);
    System.arraycopy(zeros, output * perRow, row.zeros(), 0, perRow);
    row.stand(layer.scheme(), numbers, 0);
  }

  private static ByteBuffer all(ModelDirectory files, String tensor) {
    try (TensorReader reader = files.reader(tensor)) {
      ByteBuffer all = room((int) reader.tensor().bytes());
      reader.read(0, all);
      return all.flip();
    }
  }

  private static ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    codes.close();
  }
}
