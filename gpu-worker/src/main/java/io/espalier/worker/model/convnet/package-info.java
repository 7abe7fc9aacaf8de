/** Convolutional networks: ResNet, DenseNet, VGG, MobileNet, EfficientNet. */
@NullMarked
package io.espalier.worker.model.convnet;

import org.jspecify.annotations.NullMarked;
