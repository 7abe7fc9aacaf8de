package io.espalier.worker.checkpoint.file;

/**
 * Size and digest of one file of a directory.
 *
 * @param path from the directory, with {@code /} between names
 * @param bytes size
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 */
public record FileDigest(String path, long bytes, String sha256) {}
