/**
 * A stage between its command and its artifact: verified inputs, the child, publication. Start
 * reading at {@link io.espalier.worker.kafka.work.StageRunner}.
 */
@NullMarked
package io.espalier.worker.kafka.work;

import org.jspecify.annotations.NullMarked;
