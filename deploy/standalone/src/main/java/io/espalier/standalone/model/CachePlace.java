package io.espalier.standalone.model;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Place of Hugging Face libraries' downloads, by the variables of the environment.
 *
 * <p>Source: huggingface_hub, {@code constants.py}. {@code HF_HUB_CACHE} is the place itself, and
 * so is {@code HUGGINGFACE_HUB_CACHE}, its older name; else it is {@code hub} in {@code HF_HOME},
 * which by itself is {@code huggingface} in {@code XDG_CACHE_HOME} or {@code ~/.cache}. A variable
 * that is set to nothing is taken at its word there, and here.
 *
 * @param environment variables by name
 */
record CachePlace(Map<String, String> environment) {
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]*)\\})");

  /** Variables; the map is copied. */
  CachePlace {
    environment = Map.copyOf(environment);
  }

  /** The folder that holds one folder for each model. */
  Path folder() {
    String older = environment.getOrDefault("HUGGINGFACE_HUB_CACHE", join(home(), "hub"));
    return Path.of(expanded(environment.getOrDefault("HF_HUB_CACHE", older)));
  }

  private String home() {
    String caches = environment.getOrDefault("XDG_CACHE_HOME", join(userHome(), ".cache"));
    return expanded(environment.getOrDefault("HF_HOME", join(caches, "huggingface")));
  }

  private String userHome() {
    return environment.getOrDefault("HOME", System.getProperty("user.home"));
  }

  private static String join(String folder, String name) {
    return Path.of(folder).resolve(name).toString();
  }

  /** With {@code ~} and variables replaced; those that are not set stay as they are written. */
  private String expanded(String text) {
    boolean isInHome = text.equals("~") || text.startsWith("~/");
    return VARIABLE
        .matcher(isInHome ? userHome() + text.substring(1) : text)
        .replaceAll(
            found -> {
              String name = found.group(1) != null ? found.group(1) : found.group(2);
              return Matcher.quoteReplacement(environment.getOrDefault(name, found.group()));
            });
  }
}
