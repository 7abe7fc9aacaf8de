/**
 * Pictures of reports as SVG, and the scales and words in them. Start reading at {@link
 * io.espalier.worker.report.chart.Svg}.
 */
@NullMarked
package io.espalier.worker.report.chart;

import org.jspecify.annotations.NullMarked;
