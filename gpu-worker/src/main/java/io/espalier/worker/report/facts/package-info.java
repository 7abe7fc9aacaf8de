/**
 * Content of reports, as data: a pruned model, its metrics with uncertainty, who opens it. Start
 * reading at {@link io.espalier.worker.report.facts.PruningReport}.
 */
@NullMarked
package io.espalier.worker.report.facts;

import org.jspecify.annotations.NullMarked;
