package io.espalier.worker.data.image;

import io.espalier.worker.domain.InvalidInputException;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The samples of a JPEG in the colours of the file, one per pixel and channel, from Java's libjpeg.
 *
 * <p>It computes what Pillow's libjpeg-turbo does: the slow integer transform, and smooth
 * enlargement of channels that are halved along rows. Where only the number of rows is halved, the
 * libjpeg that comes with some Java distributions repeats them, which is mended here; others are
 * built with libjpeg-turbo.
 *
 * <p>Source: libjpeg-turbo, {@code jdsample.c}, {@code h1v2_fancy_upsample}.
 */
final class JpegSamples {
  private JpegSamples() {}

  /**
   * Decodes.
   *
   * @param file named in errors
   * @param jpeg the file without segments that only speak of the image: Java's reader stumbles over
   *     some that Pillow takes
   * @return (row, column, channel)
   * @throws InvalidInputException if it cannot be decoded
   */
  static byte[] of(Path file, byte[] jpeg, JpegFrame frame) {
    byte[] samples = read(file, jpeg, frame);
    for (int channel = 0; channel < frame.channels().size(); channel++) {
      if (frame.halvesRowsOnly(channel) && isRepeated(samples, frame, channel)) {
        smooth(samples, frame, channel);
      }
    }
    return samples;
  }

  private static byte[] read(Path file, byte[] jpeg, JpegFrame frame) {
    ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    var early = new AtomicBoolean();
    try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(jpeg))) {
      reader.setInput(input, true, true);
      reader.addIIOReadWarningListener(
          (source, warning) -> early.compareAndSet(false, warning.contains("end of input file")));
      Raster raster = reader.readRaster(0, null);
      if (early.get()) {
        throw new InvalidInputException("%s is truncated; fetch or write it again".formatted(file));
      }
      return samples(raster, frame);
    } catch (IOException | RuntimeException e) {
      if (e instanceof InvalidInputException refusal) {
        throw refusal;
      }
      throw new InvalidInputException("%s cannot be decoded: %s".formatted(file, e));
    } finally {
      reader.dispose();
    }
  }

  private static byte[] samples(Raster raster, JpegFrame frame) {
    byte[] samples = ((DataBufferByte) raster.getDataBuffer()).getData();
    if (samples.length != frame.size().pixels() * frame.channels().size()) {
      throw new IllegalArgumentException(
          "%d samples for %s pixels of %d channels"
              .formatted(samples.length, frame.size(), frame.channels().size()));
    }
    return samples;
  }

  /** Returns whether each two rows of a channel are the same. */
  private static boolean isRepeated(byte[] samples, JpegFrame frame, int channel) {
    int step = frame.channels().size();
    int stride = frame.size().width() * step;
    for (int y = 1; y < frame.size().height(); y += 2) {
      for (int x = y * stride + channel; x < (y + 1) * stride; x += step) {
        if (samples[x] != samples[x - stride]) {
          return false;
        }
      }
    }
    return true;
  }

  /** Every row gets three quarters of its own sample and a quarter of the nearer neighbour's. */
  private static void smooth(byte[] samples, JpegFrame frame, int channel) {
    int height = frame.size().height();
    int step = frame.channels().size();
    int stride = frame.size().width() * step;
    int halves = (height + 1) / 2;
    var column = new int[halves];
    for (int x = channel; x < stride; x += step) {
      for (int i = 0; i < halves; i++) {
        column[i] = samples[2 * i * stride + x] & 0xff;
      }
      for (int y = 0; y < height; y++) {
        boolean upper = y % 2 == 0;
        int other = Math.max(0, Math.min(halves - 1, upper ? y / 2 - 1 : y / 2 + 1));
        samples[y * stride + x] =
            (byte) ((3 * column[y / 2] + column[other] + (upper ? 1 : 2)) >> 2);
      }
    }
  }
}
