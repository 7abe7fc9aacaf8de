package io.espalier.fact;

/**
 * The width of an axis before and after a stage.
 *
 * @param axis its name, such as {@code model.layers.3.heads}; a {@code *} in it stands for the
 *     number of any of several modules that are equally wide
 * @param kind what its units are, such as {@code heads}
 * @param module the module that it belongs to; empty if it runs through the whole model
 * @param before units before
 * @param after units after
 */
public record WidthFact(String axis, String kind, String module, int before, int after) {}
