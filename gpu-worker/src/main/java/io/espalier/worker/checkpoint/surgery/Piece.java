package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;

/**
 * A tensor on its way from a file of a model to one of the cut model.
 *
 * @param from file that it comes from
 * @param before its name there
 * @param header what it is called and how large it is afterwards
 * @param cut which of its bytes stay
 */
record Piece(SafetensorsFile from, String before, TensorHeader header, Cut cut) {
  /** The same under the name and with the shape that it had, as if nothing were cut. */
  Piece whole() {
    return new Piece(from, before, from.place(before).header(), cut);
  }

  /** Returns another tensor in its place, which is computed. */
  Piece as(TensorHeader other) {
    return new Piece(from, before, other, cut);
  }

  /** Returns the same under another name. */
  Piece named(String name) {
    return new Piece(from, before, TensorHeader.of(name, header.dtype(), header.shape()), cut);
  }
}
