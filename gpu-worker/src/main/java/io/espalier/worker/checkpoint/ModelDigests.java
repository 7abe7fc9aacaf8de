package io.espalier.worker.checkpoint;

/**
 * Digests of a model directory, each SHA-256 in 64 lower-case hexadecimal digits.
 *
 * @param root of everything in it, see {@link Manifest#rootDigest}
 * @param forward of what its numbers come from, see {@link Manifest#forwardDigest}
 */
public record ModelDigests(String root, String forward) {}
