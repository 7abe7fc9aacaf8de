package io.espalier.streams.domain.model;

/**
 * One file of an artifact.
 *
 * @param path path inside the artifact, with forward slashes
 * @param bytes size in bytes
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 */
public record ArtifactFile(String path, long bytes, String sha256) {}
