package io.espalier.streams.domain.model;

import java.time.Instant;
import java.util.Optional;

/**
 * Origin of a model.
 *
 * @param source who registered it: a registry's URI or the command line
 * @param tenant who shares in the workers under this name
 * @param generation how many times it has already been optimized here: 0 for one from outside
 * @param parentRootDigest root digest of the model it was made from, if it was made here
 * @param registeredAt when it was registered
 */
public record ModelOrigin(
    String source,
    String tenant,
    int generation,
    Optional<String> parentRootDigest,
    Instant registeredAt) {}
