package io.espalier.worker.data.image;

import static io.espalier.worker.data.image.RgbImage.CHANNELS;

import java.util.List;
import java.util.OptionalInt;

/**
 * Channels of a JPEG, and their conversion to red, green and blue: as in libjpeg and Pillow,
 * without colour profiles.
 *
 * <p>Source: libjpeg-turbo, {@code jdapimin.c} and {@code jdcolor.c}; Pillow, {@code
 * JpegImagePlugin.py} (four channels are stored inverted) and {@code Convert.c}.
 */
enum JpegColour {
  GREY,
  RGB,
  YCBCR,
  CMYK,
  YCCK;

  private static final int RED_OF_CR = fixed(1.40200);
  private static final int GREEN_OF_CR = fixed(0.71414);
  private static final int GREEN_OF_CB = fixed(0.34414);
  private static final int BLUE_OF_CB = fixed(1.77200);
  private static final int HALF = 1 << 15;

  /**
   * Returns what the channels are.
   *
   * @param jfif whether the file says that it is JFIF
   * @param adobe the transform that Adobe's marker names, if there is one
   */
  static JpegColour of(JpegFrame frame, boolean jfif, OptionalInt adobe) {
    return switch (frame.channels().size()) {
      case 1 -> GREY;
      case 3 -> jfif ? YCBCR : ofThree(frame, adobe);
      default -> adobe.orElse(0) == 0 ? CMYK : YCCK;
    };
  }

  private static JpegColour ofThree(JpegFrame frame, OptionalInt adobe) {
    if (adobe.isPresent()) {
      return adobe.getAsInt() == 0 ? RGB : YCBCR;
    }
    List<Integer> ids = frame.channels().stream().map(JpegFrame.Channel::id).toList();
    return ids.equals(List.of((int) 'R', (int) 'G', (int) 'B')) ? RGB : YCBCR;
  }

  /** Three values per pixel of so many samples. */
  byte[] toRgb(byte[] samples) {
    int channels =
        switch (this) {
          case GREY -> 1;
          case RGB, YCBCR -> 3;
          case CMYK, YCCK -> 4;
        };
    int pixels = samples.length / channels;
    byte[] rgb = channels == CHANNELS ? samples : new byte[pixels * CHANNELS];
    for (int p = 0; p < pixels; p++) {
      put(samples, p * channels, rgb, p * CHANNELS);
    }
    return rgb;
  }

  private void put(byte[] samples, int from, byte[] rgb, int to) {
    int first = samples[from] & 0xff;
    switch (this) {
      case GREY -> put(rgb, to, first, first, first);
      case RGB -> {} // they are that already
      case CMYK -> put(rgb, to, first, samples[from + 1] & 0xff, samples[from + 2] & 0xff);
      case YCBCR, YCCK -> {
        int cb = (samples[from + 1] & 0xff) - 128;
        int cr = (samples[from + 2] & 0xff) - 128;
        int red = first + ((RED_OF_CR * cr + HALF) >> 16);
        int green = first + ((-GREEN_OF_CB * cb + HALF - GREEN_OF_CR * cr) >> 16);
        int blue = first + ((BLUE_OF_CB * cb + HALF) >> 16);
        int inks = this == YCCK ? 255 : 0; // of four channels, these are inks
        put(rgb, to, inks ^ clip(red), inks ^ clip(green), inks ^ clip(blue));
      }
    }
    if (this == CMYK || this == YCCK) {
      darken(rgb, to, samples[from + 3] & 0xff);
    }
  }

  /** Colours over black, both inverted: the more of {@code light}, the less black there is. */
  private static void darken(byte[] rgb, int at, int light) {
    for (int channel = 0; channel < CHANNELS; channel++) {
      int ink = 255 - (rgb[at + channel] & 0xff);
      int product = ink * light + 128;
      rgb[at + channel] = (byte) clip(light - (((product >> 8) + product) >> 8));
    }
  }

  private static void put(byte[] rgb, int at, int red, int green, int blue) {
    rgb[at] = (byte) red;
    rgb[at + 1] = (byte) green;
    rgb[at + 2] = (byte) blue;
  }

  private static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }

  private static int fixed(double value) {
    return (int) (value * (1 << 16) + 0.5);
  }
}
