/**
 * Distillation of decoders layer by layer: each layer of a student learns what the teacher's stream
 * is at its end, so that memory holds one layer and what its training needs.
 */
package io.espalier.worker.algorithm.layerwise;
