package io.espalier.standalone.model;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model as Hugging Face's hub calls it: {@code ORG/NAME}, or {@code NAME} alone as its oldest
 * models have it, and maybe {@code @} with a branch, a tag or a commit.
 *
 * <p>Source: huggingface_hub, {@code utils/_validators.py}, for what may be in a name.
 *
 * @param id name with organisation
 * @param revision branch, tag or commit, if one was asked for
 */
record HubName(String id, Optional<String> revision) {
  private static final String MODELS = "models--";
  private static final Pattern FORM =
      Pattern.compile(
          "(?<id>(\\w|\\w[\\w.-]*\\w)(/(\\w|\\w[\\w.-]{0,94}\\w))?)(@(?<revision>[^@]+))?");

  /** A name, if a text is one. */
  static Optional<HubName> parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String id = parts.group("id");
    boolean isName = !id.contains("--") && !id.contains("..") && !id.endsWith(".git");
    return isName
        ? Optional.of(new HubName(id, Optional.ofNullable(parts.group("revision"))))
        : Optional.empty();
  }

  /** The name of the model that a folder of a cache is of, if it is called like one. */
  static Optional<HubName> ofFolder(Path folder) {
    Path last = folder.getFileName();
    return last != null && last.toString().startsWith(MODELS)
        ? parse(last.toString().substring(MODELS.length()).replaceFirst("--", "/"))
        : Optional.empty();
  }

  /** Returns what its folder in a cache is called. */
  String folder() {
    return MODELS + id.replace("/", "--");
  }

  /** Returns how it is downloaded. */
  String download() {
    return "hf download " + id + revision.map(" --revision "::concat).orElse("");
  }

  @Override
  public String toString() {
    return id + revision.map("@"::concat).orElse("");
  }
}
