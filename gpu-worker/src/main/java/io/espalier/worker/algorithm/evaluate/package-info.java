/**
 * Quality and speed of a model. Its rule: measuring changes nothing; what changes the running
 * statistics is called calibration and says so. Start reading at {@link
 * io.espalier.worker.algorithm.evaluate.Evaluation}.
 */
@NullMarked
package io.espalier.worker.algorithm.evaluate;

import org.jspecify.annotations.NullMarked;
