package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * A schema registry on a port of this machine that answers as Confluent's does, or with whatever a
 * test wants it to. Every request is remembered.
 */
final class RegistryServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final Map<Integer, String> answers = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final List<String> requests = new ArrayList<>();
  private Behaviour behaviour = Behaviour.SOUND;

  /** Answer to a request. */
  @FunctionalInterface
  interface Behaviour {
    Behaviour SOUND = (registry, exchange) -> registry.answer(exchange);

    void handle(RegistryServer registry, HttpExchange exchange) throws IOException;

    /** Answers everything with a status and a text. */
    static Behaviour says(int status, String text) {
      return (registry, exchange) -> send(exchange, status, text);
    }

    /** Sends the first letters of a sound answer, and the connection ends. */
    static Behaviour breaksOffAfter(int bytes) {
      return (registry, exchange) -> {
        String whole = registry.schemaAnswer(exchange);
        exchange.sendResponseHeaders(200, whole.length());
        exchange.getResponseBody().write(whole.getBytes(UTF_8), 0, bytes);
        exchange.getResponseBody().flush();
        exchange.close();
      };
    }

    /** Takes requests and says nothing. */
    static Behaviour silent() {
      return (registry, exchange) -> {};
    }
  }

  private RegistryServer(HttpServer server) {
    this.server = server;
  }

  static RegistryServer start() {
    // Otherwise each answer waits 40 ms for the next packet.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    try {
      var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      var registry = new RegistryServer(server);
      server.createContext("/", registry::handle);
      server.setExecutor(Executors.newCachedThreadPool());
      server.start();
      return registry;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Gives a schema an id and makes it the only version of a subject. */
  synchronized void register(String subject, int id, String schema) {
    answers.put(id, json(Map.of("schema", schema)));
    ids.put(subject, id);
  }

  /** Answers the question for an id with this text. */
  synchronized void answerWith(int id, String text) {
    answers.put(id, text);
  }

  synchronized void behave(Behaviour other) {
    behaviour = other;
  }

  /** The paths that were asked for, in order. */
  synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    Behaviour now;
    synchronized (this) {
      requests.add(exchange.getRequestURI().getPath());
      now = behaviour;
    }
    now.handle(this, exchange);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    boolean ofId = path[1].equals("schemas");
    if (ofId && answers.containsKey(Integer.valueOf(path[3]))) {
      send(exchange, 200, answers.get(Integer.valueOf(path[3])));
    } else if (ofId) {
      send(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    } else if (!ids.containsKey(path[2])) {
      send(exchange, 404, "{\"error_code\":40401,\"message\":\"Subject not found\"}");
    } else {
      send(exchange, 200, path.length == 4 ? "[1]" : version(path[2]));
    }
  }

  private String version(String subject) {
    return json(
        Map.of("subject", subject, "version", 1, "id", ids.get(subject), "schema", "\"string\""));
  }

  private synchronized String schemaAnswer(HttpExchange exchange) {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    return answers.getOrDefault(Integer.valueOf(path[path.length - 1]), "");
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/vnd.schemaregistry.v1+json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String json(Object value) {
    return JSON.valueToTree(value).toString();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
