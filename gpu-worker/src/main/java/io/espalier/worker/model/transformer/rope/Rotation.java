package io.espalier.worker.model.transformer.rope;

/**
 * Rotation of a decoder's queries and keys by position.
 *
 * @param channels how many of each head's channels are turned, the first ones; even
 * @param halves whether channel i is turned together with channel i + channels / 2, as in Llama;
 *     else neighbours are, as in GPT-J
 * @param scaling by what angles
 */
public record Rotation(int channels, boolean halves, RotaryScaling scaling) {}
