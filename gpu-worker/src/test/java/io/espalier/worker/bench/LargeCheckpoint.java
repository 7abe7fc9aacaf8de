package io.espalier.worker.bench;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;

/**
 * Writes checkpoints of any size in BF16 and shards; their numbers are small, so nothing overflows.
 */
public final class LargeCheckpoint {
  /** Of four numbers each: their signs, the last bit of their exponents and their mantissas. */
  private static final long FREE = 0x80ff_80ff_80ff_80ffL;

  /** The other bits of the exponents: magnitudes are from 2^-7 up to (excluding) 2^-5. */
  private static final long FIXED = 0x3c00_3c00_3c00_3c00L;

  private static final short ONE = 0x3f80;

  private LargeCheckpoint() {}

  /** Bytes of tensors in BF16. */
  static long bytes(List<TensorSpec> tensors) {
    return tensors.stream().mapToLong(tensor -> DType.BF16.bytes(tensor.shape())).sum();
  }

  /**
   * Writes tensors and their index; vectors are ones.
   *
   * @param directory is made
   * @param shardBytes of tensors in a file at most
   */
  public static void write(Path directory, List<TensorSpec> tensors, long shardBytes)
      throws IOException {
    Files.createDirectories(directory);
    List<List<TensorSpec>> shards = shards(tensors, shardBytes);
    var index = new StringJoiner(",", "{\"weight_map\":{", "}}");
    long largest =
        tensors.stream().mapToLong(tensor -> DType.BF16.bytes(tensor.shape())).max().orElse(0);
    ByteBuffer numbers = numbers(Math.toIntExact(largest));
    for (int i = 0; i < shards.size(); i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      var data = new LinkedHashMap<String, TensorData>();
      for (TensorSpec spec : shards.get(i)) {
        data.put(spec.name(), data(spec, numbers));
        index.add("\"%s\":\"%s\"".formatted(spec.name(), file));
      }
      SafetensorsWriter.write(directory.resolve(file), data);
    }
    Files.writeString(directory.resolve("model.safetensors.index.json"), index.toString());
  }

  private static TensorData data(TensorSpec spec, ByteBuffer numbers) {
    int bytes = Math.toIntExact(DType.BF16.bytes(spec.shape()));
    if (spec.shape().length > 1) {
      return new TensorData(DType.BF16, spec.shape(), numbers.duplicate().limit(bytes));
    }
    ByteBuffer ones = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (ones.hasRemaining()) {
      ones.putShort(ONE);
    }
    return new TensorData(DType.BF16, spec.shape(), ones.flip());
  }

  private static List<List<TensorSpec>> shards(List<TensorSpec> tensors, long shardBytes) {
    var shards = new ArrayList<List<TensorSpec>>(List.of(new ArrayList<>()));
    for (TensorSpec tensor : tensors) {
      List<TensorSpec> last = shards.get(shards.size() - 1);
      if (!last.isEmpty() && bytes(last) + bytes(List.of(tensor)) > shardBytes) {
        shards.add(new ArrayList<>(List.of(tensor)));
      } else {
        last.add(tensor);
      }
    }
    return shards;
  }

  private static ByteBuffer numbers(int bytes) {
    var random = new Random(1);
    ByteBuffer numbers =
        ByteBuffer.allocateDirect((bytes + Long.BYTES - 1) / Long.BYTES * Long.BYTES);
    numbers.order(ByteOrder.LITTLE_ENDIAN);
    while (numbers.hasRemaining()) {
      numbers.putLong((random.nextLong() & FREE) | FIXED);
    }
    return numbers.flip();
  }
}
