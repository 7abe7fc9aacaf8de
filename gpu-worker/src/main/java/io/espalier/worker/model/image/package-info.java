/** Form of the images of a model: preprocessor files and the config of timm. */
@NullMarked
package io.espalier.worker.model.image;

import org.jspecify.annotations.NullMarked;
