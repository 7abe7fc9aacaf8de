/**
 * Image files as pixels, and pixels as a model wants them: the same values that Pillow, torchvision
 * and timm give. Plain Java; knows nothing of data sets. Start reading at {@link
 * io.espalier.worker.data.image.ImageFile} and {@link io.espalier.worker.data.image.Preparation}.
 */
@NullMarked
package io.espalier.worker.data.image;

import org.jspecify.annotations.NullMarked;
