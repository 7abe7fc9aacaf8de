package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.Manifest;
import java.net.URI;

/**
 * An artifact that everybody can see and nobody may change.
 *
 * @param uri where it lies
 * @param manifest its files
 */
public record Published(URI uri, Manifest manifest) {}
