package io.espalier.worker.model.transformer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors of a decoder that read its residual stream behind a normalisation of it. All others
 * that run along the stream write to it: those that have it as their first dimension, and the
 * embedding.
 *
 * @param norms by the name of a weight (out, hidden) that of the normalisation that it reads; in
 *     the order of the forward pass. Scores that are read off the embedding are among them by the
 *     name that a weight of their own has
 * @param untied by that name, the embedding's; empty if the scores have a weight of their own
 */
public record StreamTensors(Map<String, String> norms, Map<String, String> untied) {
  /** Makes a list; the maps are copied and keep their order. */
  public StreamTensors {
    norms = Collections.unmodifiableMap(new LinkedHashMap<>(norms));
    untied = Collections.unmodifiableMap(new LinkedHashMap<>(untied));
  }
}
