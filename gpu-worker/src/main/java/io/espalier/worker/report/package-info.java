/**
 * The facts of a pruning as a page to look at and as JSON. One file each, without scripts, network
 * or fonts of others; the same facts always give the same bytes. Start reading at {@link
 * io.espalier.worker.report.Reports}.
 */
@NullMarked
package io.espalier.worker.report;

import org.jspecify.annotations.NullMarked;
