package io.espalier.worker.data.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Data of a JPEG on its samples.
 *
 * @param size rows and columns
 * @param channels in the order of the file
 */
record JpegFrame(ImageSize size, List<Channel> channels) {
  /**
   * A channel.
   *
   * @param id its number in the file
   * @param across samples per unit along a row; the channel with most has one per pixel
   * @param down samples per unit along a column
   */
  record Channel(int id, int across, int down) {}

  private static final int HEAD = 6;

  JpegFrame {
    channels = List.copyOf(channels);
  }

  /** Returns whether a marker starts a frame. */
  static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /** Reads a frame; empty if it is of a kind that is not read here. */
  static Optional<JpegFrame> of(int marker, ByteBuffer content) {
    if (marker > 0xc2 || content.remaining() < HEAD || content.get(0) != 8) {
      return Optional.empty();
    }
    int height = Short.toUnsignedInt(content.getShort(1));
    int width = Short.toUnsignedInt(content.getShort(3));
    int count = content.get(5);
    boolean known = count == 1 || count == 3 || count == 4;
    if (height < 1 || width < 1 || !known || content.remaining() < HEAD + 3 * count) {
      return Optional.empty();
    }
    var channels = new ArrayList<Channel>();
    for (int i = 0; i < count; i++) {
      int factors = content.get(HEAD + 3 * i + 1) & 0xff;
      channels.add(new Channel(content.get(HEAD + 3 * i) & 0xff, factors >> 4, factors & 0xf));
    }
    return Optional.of(new JpegFrame(new ImageSize(height, width), channels));
  }

  /** Returns whether a channel has a sample per pixel of a row, but only one per two rows. */
  boolean halvesRowsOnly(int channel) {
    int across = channels.stream().mapToInt(Channel::across).max().orElseThrow();
    int down = channels.stream().mapToInt(Channel::down).max().orElseThrow();
    Channel one = channels.get(channel);
    return one.across() == across && one.down() * 2 == down;
  }
}
