/**
 * Families of models: tables of tensors with named axes, and forward functions over named weights.
 * The tables are plain Java; only the forward functions touch tensors.
 */
@NullMarked
package io.espalier.worker.algorithm.family;

import org.jspecify.annotations.NullMarked;
