package io.espalier.worker.report;

import io.espalier.worker.report.chart.Markup;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * An HTML page that is well-formed XML as well. It loads nothing and runs nothing, and tells the
 * browser to insist on that: only the one style sheet of known digest is let in.
 */
public final class HtmlPage {
  private static final String STYLE = resource("report.css");

  private HtmlPage() {}

  /**
   * A page.
   *
   * @param title of the window
   * @param content writes what is on it
   */
  public static String of(String title, Consumer<Markup> content) {
    var out = new Markup();
    out.raw("<!DOCTYPE html>\n")
        .open("html", "xmlns", "http://www.w3.org/1999/xhtml", "lang", "en");
    head(title, out);
    out.open("body").open("main");
    content.accept(out);
    out.close().close().close();
    return out.toString();
  }

  private static void head(String title, Markup out) {
    String policy =
        "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
            .formatted(sha256(STYLE));
    out.open("head")
        .empty("meta", "charset", "utf-8")
        .empty("meta", "http-equiv", "Content-Security-Policy", "content", policy)
        .empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
        .empty("meta", "name", "color-scheme", "content", "light dark")
        .element("title", title)
        .open("style")
        .raw(STYLE)
        .close()
        .close();
  }

  private static String resource(String name) {
    try (InputStream stream = HtmlPage.class.getResourceAsStream(name)) {
      return new String(
          Objects.requireNonNull(stream, "no resource " + name).readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the resource " + name, e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
