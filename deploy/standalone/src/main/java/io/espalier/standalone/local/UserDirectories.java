package io.espalier.standalone.local;

import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Default places of this user's things: data that last and what can be made again.
 *
 * <p>Source: XDG Base Directory Specification. {@code XDG_DATA_HOME} and {@code XDG_CACHE_HOME} win
 * if they are absolute; else {@code .local/share} and {@code .cache} in the home directory, which
 * is {@code HOME} or what the system's list of users says. A user id that is in no such list, as in
 * many containers, has neither; Java then calls its home "?".
 *
 * @param environment variables by name
 * @param listedHome home directory by the system's list of users
 */
public record UserDirectories(Map<String, String> environment, String listedHome) {
  private static final String OURS = "espalier";

  /** The variables; the map is copied. */
  public UserDirectories {
    environment = Map.copyOf(environment);
  }

  /** Those of whoever runs this process. */
  public static UserDirectories current() {
    return new UserDirectories(System.getenv(), System.getProperty("user.home", ""));
  }

  /**
   * For what must last.
   *
   * @param option that names another place, for the message
   * @throws InvalidInputException if this user has no place of its own
   */
  public Path data(String option) {
    return ours("XDG_DATA_HOME", ".local/share", option);
  }

  /**
   * For what can be made again.
   *
   * @param option that names another place, for the message
   * @throws InvalidInputException if this user has no place of its own
   */
  public Path cache(String option) {
    return ours("XDG_CACHE_HOME", ".cache", option);
  }

  private Path ours(String variable, String below, String option) {
    return absolute(environment.getOrDefault(variable, ""))
        .or(() -> home().map(home -> home.resolve(below)))
        .map(place -> place.resolve(OURS))
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "user '%s' has no home directory (HOME is %s), so there is no place by itself; name one by %s, or set %s or HOME to an absolute path"
                        .formatted(
                            System.getProperty("user.name", "?"),
                            environment.containsKey("HOME")
                                ? "'%s'".formatted(environment.get("HOME"))
                                : "not set",
                            option,
                            variable)));
  }

  private Optional<Path> home() {
    return absolute(environment.getOrDefault("HOME", "")).or(() -> absolute(listedHome));
  }

  /** The specification has relative paths ignored. */
  private static Optional<Path> absolute(String text) {
    try {
      return Optional.of(Path.of(text)).filter(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
