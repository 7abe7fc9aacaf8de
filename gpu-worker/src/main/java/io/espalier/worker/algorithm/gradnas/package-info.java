/** GradNAS: prunes heads and neurons by the squared gradient of the loss with respect to masks. */
@NullMarked
package io.espalier.worker.algorithm.gradnas;

import org.jspecify.annotations.NullMarked;
