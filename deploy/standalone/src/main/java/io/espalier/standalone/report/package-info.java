/**
 * Form of results and progress: tables, JSON and YAML on standard output, progress on standard
 * error. Knows nothing of models, Kafka or commands.
 */
@NullMarked
package io.espalier.standalone.report;

import org.jspecify.annotations.NullMarked;
