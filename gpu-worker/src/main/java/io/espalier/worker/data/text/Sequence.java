package io.espalier.worker.data.text;

import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextInput;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;

/**
 * A row of a batch before it is filled up.
 *
 * @param ids of the tokens
 * @param types segment of each token
 * @param labels what is right, as many numbers as the data set's {@link Labelling} says
 * @param targets what scores should be, if they are to be numbers
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; there are millions of tokens
record Sequence(int[] ids, byte[] types, int[] labels, float[] targets) {
  /** A sequence of which no scores are to be numbers. */
  Sequence(int[] ids, byte[] types, int[] labels) {
    this(ids, types, labels, new float[0]);
  }

  /** A sequence that a model takes: of one that tells no segments apart, all types are 0. */
  static Sequence of(Encoded encoded, TextInput input, int... labels) {
    var types = new byte[encoded.length()];
    for (int i = 0; i < types.length; i++) {
      int type = encoded.types()[i];
      types[i] = (byte) (type < input.types() ? type : 0);
    }
    return new Sequence(encoded.ids(), types, labels);
  }

  /** The same with what scores should be. */
  Sequence withTargets(float[] numbers) {
    return new Sequence(ids, types, labels, numbers);
  }

  int length() {
    return ids.length;
  }

  void addTo(Fingerprint fingerprint) {
    int numbers = 1 + ids.length + labels.length + targets.length;
    var bytes = ByteBuffer.allocate(Integer.BYTES * numbers + types.length);
    bytes.putInt(ids.length);
    IntBuffer ints = bytes.asIntBuffer().put(ids).put(labels);
    for (float target : targets) {
      ints.put(Float.floatToIntBits(target));
    }
    bytes.position(bytes.capacity() - types.length);
    bytes.put(types);
    fingerprint.add(bytes.flip());
  }
}
