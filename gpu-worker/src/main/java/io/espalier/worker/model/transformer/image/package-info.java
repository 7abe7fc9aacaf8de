/**
 * Transformers that read images: ViT and DeiT. Start reading at {@link
 * io.espalier.worker.model.transformer.image.Vit}.
 */
@NullMarked
package io.espalier.worker.model.transformer.image;

import org.jspecify.annotations.NullMarked;
