/**
 * Tensors: the only package that touches the PyTorch engine's operators. Its rule: nothing here
 * outlives the {@link ai.djl.ndarray.NDScope} or manager of its caller but {@link
 * io.espalier.worker.tensor.Weights}. Start reading at {@link io.espalier.worker.tensor.Tensors}.
 */
@NullMarked
package io.espalier.worker.tensor;

import org.jspecify.annotations.NullMarked;
