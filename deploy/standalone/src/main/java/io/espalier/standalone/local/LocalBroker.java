package io.espalier.standalone.local;

import io.espalier.standalone.local.JavaProcess.Launch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * A real Kafka broker in its own JVM: one KRaft node on the loopback interface. Its address and its
 * data stay the same over stop, kill and restart.
 */
public final class LocalBroker extends LocalService {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final int HEAP_MEGABYTES = 512;
  private static final int PROBE_MILLIS = 2_000;

  private final int port;

  private LocalBroker(Launch launch, int port) {
    super(launch);
    this.port = port;
  }

  /**
   * Starts a broker and waits until it answers. Goes on with the data of an earlier one in the same
   * directory.
   *
   * @param directory for its data, in {@code data}, and its log {@code broker.log}
   */
  public static LocalBroker start(Path directory) {
    LocalBroker broker = begin(directory, Ports.free(1)[0]);
    broker.awaitReady();
    return broker;
  }

  /**
   * Starts a broker on a port and waits for nothing. The port of its controller, which it alone
   * talks to, is any that is free.
   */
  public static LocalBroker begin(Path directory, int port) {
    Path home = directory.toAbsolutePath();
    Launch launch =
        new Launch(
            "broker",
            HEAP_MEGABYTES,
            List.of("-XX:+UseSerialGC", "-Despalier.log.libraries=INFO"),
            Distribution.current().classPath(),
            BrokerProcess.class.getName(),
            List.of(home.resolve("data").toString(), "" + port, "" + Ports.free(1)[0]),
            home.resolve("broker.log"));
    return new LocalBroker(launch, port);
  }

  /** Returns where clients connect, as {@code localhost:PORT}. */
  public String bootstrapServers() {
    return "localhost:" + port;
  }

  @Override
  public String address() {
    return bootstrapServers();
  }

  @Override
  String inWords() {
    return "the broker at %s (log: %s)".formatted(bootstrapServers(), log());
  }

  @Override
  Duration startLimit() {
    return START_LIMIT;
  }

  /** A client is dear, and of no use before somebody listens. */
  @Override
  public boolean works() {
    if (!Ports.listens(port)) {
      return false;
    }
    try (Admin admin = Admin.create(probe())) {
      return answers(admin);
    }
  }

  private Map<String, Object> probe() {
    return Map.of(
        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
        bootstrapServers(),
        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
        PROBE_MILLIS,
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
        PROBE_MILLIS,
        AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
        200);
  }

  private static boolean answers(Admin admin) {
    try {
      return !admin.describeCluster().nodes().get(PROBE_MILLIS, TimeUnit.MILLISECONDS).isEmpty();
    } catch (ExecutionException | TimeoutException notYet) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
