package io.espalier.worker.data.text;

import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextInput;
import java.nio.ByteBuffer;

/**
 * A row of a batch before it is filled up.
 *
 * @param ids of the tokens
 * @param types segment of each token
 * @param labels what is right, as many numbers as the data set's {@link Labelling} says
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; there are millions of tokens
record Sequence(int[] ids, byte[] types, int[] labels) {
  /** A sequence that a model takes: of one that tells no segments apart, all types are 0. */
  static Sequence of(Encoded encoded, TextInput input, int... labels) {
    var types = new byte[encoded.length()];
    for (int i = 0; i < types.length; i++) {
      int type = encoded.types()[i];
      types[i] = (byte) (type < input.types() ? type : 0);
    }
    return new Sequence(encoded.ids(), types, labels);
  }

  int length() {
    return ids.length;
  }

  void addTo(Fingerprint fingerprint) {
    var bytes =
        ByteBuffer.allocate(Integer.BYTES * (1 + ids.length + labels.length) + types.length);
    bytes.putInt(ids.length);
    bytes.asIntBuffer().put(ids).put(labels);
    bytes.position(bytes.capacity() - types.length);
    bytes.put(types);
    fingerprint.add(bytes.flip());
  }
}
