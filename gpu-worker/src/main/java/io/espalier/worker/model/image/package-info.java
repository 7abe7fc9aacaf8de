/** How a model wants its images: preprocessor files and the config of timm. */
@NullMarked
package io.espalier.worker.model.image;

import org.jspecify.annotations.NullMarked;
