package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.avro.AvroTypeException;
import org.apache.avro.io.Decoder;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro's binary encoding from the bytes of one record, and believes no length or count in it
 * that the bytes which are left cannot hold.
 *
 * <p>Avro's own decoder makes room for as many items or letters as a record claims to have, so that
 * a dozen bytes end a process for lack of memory.
 */
final class EventDecoder extends Decoder {
  private static final int LONGEST_NUMBER = 10;

  private final ByteBuffer bytes;

  /** Reads from the position of a buffer to its limit. */
  EventDecoder(ByteBuffer bytes) {
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void readNull() {
    // takes no bytes
  }

  @Override
  public boolean readBoolean() throws IOException {
    return require(1).get() == 1;
  }

  @Override
  public int readInt() throws IOException {
    long value = readLong();
    if (value != (int) value) {
      throw new AvroTypeException("wanted a number of 32 bits, found " + value);
    }
    return (int) value;
  }

  /** Reads seven bits of each byte, the lowest first; the lowest bit of all is the sign. */
  @Override
  public long readLong() throws IOException {
    long zigZag = 0;
    for (int i = 0; i < LONGEST_NUMBER; i++) {
      byte next = require(1).get();
      zigZag |= (next & 0x7FL) << (7 * i);
      if (next >= 0) {
        return (zigZag >>> 1) ^ -(zigZag & 1);
      }
    }
    throw new AvroTypeException("wanted a number of at most %d bytes".formatted(LONGEST_NUMBER));
  }

  @Override
  public float readFloat() throws IOException {
    return require(Float.BYTES).getFloat();
  }

  @Override
  public double readDouble() throws IOException {
    return require(Double.BYTES).getDouble();
  }

  @Override
  public Utf8 readString(@Nullable Utf8 old) throws IOException {
    return new Utf8(next(length()));
  }

  @Override
  public String readString() throws IOException {
    return new String(next(length()), UTF_8);
  }

  @Override
  public void skipString() throws IOException {
    skipFixed(length());
  }

  @Override
  public ByteBuffer readBytes(@Nullable ByteBuffer old) throws IOException {
    return ByteBuffer.wrap(next(length()));
  }

  @Override
  public void skipBytes() throws IOException {
    skipFixed(length());
  }

  @Override
  public void readFixed(byte[] into, int start, int length) throws IOException {
    require(length).get(into, start, length);
  }

  @Override
  public void skipFixed(int length) throws IOException {
    require(length).position(bytes.position() + length);
  }

  @Override
  public int readEnum() throws IOException {
    return readInt();
  }

  @Override
  public long readArrayStart() throws IOException {
    return items();
  }

  @Override
  public long arrayNext() throws IOException {
    return items();
  }

  @Override
  public long skipArray() throws IOException {
    return itemsAfterSkippedBlocks();
  }

  @Override
  public long readMapStart() throws IOException {
    return items();
  }

  @Override
  public long mapNext() throws IOException {
    return items();
  }

  @Override
  public long skipMap() throws IOException {
    return itemsAfterSkippedBlocks();
  }

  @Override
  public int readIndex() throws IOException {
    return readInt();
  }

  /** Every item of the events takes at least a byte. */
  private long items() throws IOException {
    long count = readLong();
    if (count < 0) {
      readLong(); // a negative count is followed by the size of the block in bytes
      count = -count;
    }
    return requireLeft(count);
  }

  /** Blocks that give their size are passed over at once; the items of others must be read. */
  private long itemsAfterSkippedBlocks() throws IOException {
    long count = readLong();
    while (count < 0) {
      skipFixed(length());
      count = readLong();
    }
    return requireLeft(count);
  }

  private int length() throws IOException {
    return (int) requireLeft(readLong());
  }

  private byte[] next(int length) throws IOException {
    var taken = new byte[length];
    readFixed(taken, 0, length);
    return taken;
  }

  private ByteBuffer require(int length) throws IOException {
    requireLeft(length);
    return bytes;
  }

  private long requireLeft(long claimed) throws IOException {
    if (claimed < 0 || claimed > bytes.remaining()) {
      throw new EOFException(
          "wanted %d more bytes or items, found %d bytes".formatted(claimed, bytes.remaining()));
    }
    return claimed;
  }
}
