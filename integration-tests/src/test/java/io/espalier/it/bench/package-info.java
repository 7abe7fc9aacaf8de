/**
 * Benchmarks, run by hand through {@code integration-tests/benchmark}; they print ratios within one
 * run.
 */
package io.espalier.it.bench;
