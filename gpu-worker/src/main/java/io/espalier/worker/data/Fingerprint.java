package io.espalier.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 digest of several parts, each counted with its length so that parts cannot blur. */
public final class Fingerprint {
  private final MessageDigest digest = sha256();

  /** Takes a text. */
  public Fingerprint add(String text) {
    return add(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  /** Takes the rest of a buffer, whose position stays. */
  public Fingerprint add(ByteBuffer bytes) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, bytes.remaining()));
    digest.update(bytes.duplicate());
    return this;
  }

  /** The digest of all that was added, in hexadecimal; nothing can be added after it. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
