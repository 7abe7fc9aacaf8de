/**
 * Results side by side. Start reading at {@link io.espalier.worker.report.comparison.Comparison}.
 */
@NullMarked
package io.espalier.worker.report.comparison;

import org.jspecify.annotations.NullMarked;
