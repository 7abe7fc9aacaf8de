package io.espalier.schemas;

/** A broker or schema registry cannot be reached, or refuses what an installation needs. */
public final class InstallationException extends RuntimeException {
  /** Says what was wanted and what came back. */
  public InstallationException(String message, Throwable cause) {
    super(message, cause);
  }
}
