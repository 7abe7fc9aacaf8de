package io.espalier.worker.model.transformer;

import io.espalier.worker.model.family.TextKeys;

/**
 * What decoders of one kind have in common.
 *
 * @param family name of the family
 * @param keys what sizes are called in their configs
 * @param names what modules are called
 * @param block their layers
 * @param headRule what loaders want of the number of heads
 */
record DecoderDesign(
    String family, TextKeys keys, DecoderNames names, DecoderBlock block, HeadRule headRule) {}
