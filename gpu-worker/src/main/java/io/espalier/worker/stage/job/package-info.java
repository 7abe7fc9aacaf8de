/**
 * A stage as a job: a process of its own, its file, its output, the cache of results. Start reading
 * at {@link io.espalier.worker.stage.job.ChildJvm}.
 */
@NullMarked
package io.espalier.worker.stage.job;

import org.jspecify.annotations.NullMarked;
