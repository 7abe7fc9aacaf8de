package io.espalier.streams.domain.model;

import java.util.Optional;

/**
 * A model directory to read.
 *
 * @param uri where it lies
 * @param rootDigest digest that its content must have, 64 lower-case hexadecimal digits; absent if
 *     whoever registered it gave none
 */
public record ArtifactReference(String uri, Optional<String> rootDigest) {}
