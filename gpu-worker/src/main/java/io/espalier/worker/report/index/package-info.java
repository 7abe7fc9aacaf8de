/**
 * The list of the reports of a directory. Start reading at {@link
 * io.espalier.worker.report.index.ReportIndex}.
 */
@NullMarked
package io.espalier.worker.report.index;

import org.jspecify.annotations.NullMarked;
