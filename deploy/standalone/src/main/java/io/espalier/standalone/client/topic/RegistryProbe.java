package io.espalier.standalone.client.topic;

import io.espalier.schemas.SchemaRegistry;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

/** A first question to the schema registry, so that a wrong address is told before any work. */
final class RegistryProbe {
  private static final int MILLIS = 3_000;

  private RegistryProbe() {}

  /**
   * Makes sure that the registry answers. Messages show its address without name and password.
   *
   * @throws UnreachableException if it does not, saying what to do
   */
  static void requireAnswer(Address address) {
    String shown = SchemaRegistry.at(address.registryUrl()).shownUrl();
    int status = status(address.registryUrl() + "/subjects", shown);
    if (status != HttpURLConnection.HTTP_OK) {
      throw new UnreachableException(
          "%s/subjects answers with status %d, so this is no schema registry. Check --registry-url or ESPALIER_REGISTRY_URL."
              .formatted(shown, status));
    }
  }

  private static int status(String question, String shown) {
    try {
      var connection = (HttpURLConnection) URI.create(question).toURL().openConnection();
      connection.setConnectTimeout(MILLIS);
      connection.setReadTimeout(MILLIS);
      int status = connection.getResponseCode();
      connection.disconnect();
      return status;
    } catch (IOException | IllegalArgumentException silent) {
      throw new UnreachableException(
          "no schema registry answers at %s: %s. Give its address by --registry-url or ESPALIER_REGISTRY_URL."
              .formatted(shown, SchemaRegistry.withoutUsers(String.valueOf(silent.getMessage()))),
          silent);
    }
  }
}
