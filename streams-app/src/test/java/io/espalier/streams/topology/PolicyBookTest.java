package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.schemas.TransientFailures;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.topology.PolicyBook.Edition;
import io.espalier.streams.wire.CoordinatorTopics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cases of policies when the registry does not say how to read them. */
final class PolicyBookTest {
  private final Topics writers = topics(SchemaRegistry.inMemory(UUID.randomUUID().toString()));
  private final AtomicInteger requests = new AtomicInteger();
  private volatile boolean sound;
  private HttpServer registry;
  private PolicyBook book;
  private final TimestampedKeyValueStore<String, byte[]> store =
      Stores.timestampedKeyValueStoreBuilder(
              Stores.inMemoryKeyValueStore(PolicyBook.POLICIES),
              Serdes.String(),
              Serdes.ByteArray())
          .withLoggingDisabled()
          .build();

  @BeforeEach
  void open() throws IOException {
    registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext("/", this::answer);
    registry.start();
    String address = "http://127.0.0.1:" + registry.getAddress().getPort();
    book = new PolicyBook(new CoordinatorTopics(topics(SchemaRegistry.at(address))));
    var context = new MockProcessorContext<Void, Void>();
    store.init(context.getStateStoreContext(), store);
    apply("small");
  }

  @AfterEach
  void close() {
    registry.stop(0);
  }

  /** 503, or the schema of policies whatever is asked. */
  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    byte[] body =
        new ObjectMapper()
            .createObjectNode()
            .put("schema", PruningPolicy.getClassSchema().toString())
            .toString()
            .getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
    exchange.sendResponseHeaders(sound ? 200 : 503, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Test
  void a_registry_that_does_not_answer_leaves_no_policy_out() {
    assertThatThrownBy(() -> book.edition(store))
        .matches(TransientFailures::include, "is a failure that passes");
    assertThat(requests).hasPositiveValue();

    sound = true;

    assertThat(names(book.edition(store))).containsExactly("small");
  }

  @Test
  void a_policy_that_has_been_read_is_not_read_again() {
    sound = true;
    Edition first = book.edition(store);

    assertThat(book.edition(store)).isSameAs(first);
  }

  private static Topics topics(SchemaRegistry registry) {
    return new Topics("espalier.", registry, 1);
  }

  private void apply(String name) {
    store.put(name, ValueAndTimestamp.make(bytes(writers, policy(name)), 1));
  }

  private static byte[] bytes(Topics topics, PruningPolicy policy) {
    var topic = topics.pruningPolicies();
    return topic.values().serializer().serialize(topic.name(), policy);
  }

  private static List<String> names(Edition edition) {
    return edition.pages().values().stream()
        .flatMap(page -> page.policy().stream())
        .map(Policy::name)
        .toList();
  }

  private static PruningPolicy policy(String name) {
    var policy = new PruningPolicy();
    policy.setName(name);
    policy.setGeneration(1L);
    policy.setMatch(new PolicyMatch(null, List.of(), List.of(), Map.of()));
    policy.setData(Map.of());
    policy.setStages(List.of(new StageSpec(StageKind.PRUNE, "{\"algorithm\":\"fastnas\"}", "")));
    policy.setGates(List.of());
    policy.setOnGateFailure(OnGateFailure.REJECT);
    policy.setPool("default");
    policy.setMaxAttempts(3);
    policy.setBackoffMillis(30_000L);
    policy.setDeadlineMillis(60_000L);
    policy.setSeed(7L);
    return policy;
  }
}
