package io.espalier.worker.model.transformer;

import io.espalier.worker.model.family.TextKeys;

/**
 * Common design of decoders of one kind.
 *
 * @param family name of the family
 * @param keys what sizes are called in their configs
 * @param names what modules are called
 * @param block their layers
 * @param headRule what loaders want of the number of heads
 * @param traits what only some decoders have
 */
record DecoderDesign(
    String family,
    TextKeys keys,
    DecoderNames names,
    DecoderBlock block,
    HeadRule headRule,
    DecoderTraits traits) {
  /** A design without anything that only some decoders have. */
  DecoderDesign(
      String family, TextKeys keys, DecoderNames names, DecoderBlock block, HeadRule headRule) {
    this(family, keys, names, block, headRule, DecoderTraits.NONE);
  }
}
