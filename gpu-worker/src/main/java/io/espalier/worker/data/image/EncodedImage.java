package io.espalier.worker.data.image;

/**
 * The bytes of an image whose head was read and found sound; decodes nothing before it is asked.
 */
sealed interface EncodedImage permits JpegFile, PngFile {
  /** Rows and columns as they are stored. */
  ImageSize size();

  /** Returns how EXIF or XMP data say that it is to be turned: 1 (not at all) to 8. */
  int orientation();

  /**
   * Its pixels as they are stored.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if the bytes make no sense
   */
  RgbImage decode();
}
