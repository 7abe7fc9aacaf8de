package io.espalier.standalone.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.client.topic.Address;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Record of what runs in a directory on this machine, for others.
 *
 * @param owner the process that started all of it
 * @param ready whether all of it has worked at once since its start
 * @param address where clients reach it
 * @param pool the pool that its worker serves
 * @param services its services, in the order of their start
 */
public record StackRecord(
    LiveProcess owner, boolean ready, Address address, String pool, List<Service> services) {
  /** A record; the list is copied. */
  public StackRecord {
    services = List.copyOf(services);
  }

  /**
   * A service in a process of its own.
   *
   * @param name what it is, in a word
   * @param process the process that runs it now
   * @param address where it listens; empty if it does not
   * @param log its log
   * @param works whether it worked when it was last looked at
   * @param restarts how often it was started again
   */
  public record Service(
      String name, LiveProcess process, String address, Path log, boolean works, int restarts) {
    /** Returns how it is, in words. */
    String state() {
      return !process.alive() ? "ended" : works ? "works" : "starts";
    }

    private ObjectNode json() {
      return LiveProcessJson.write(process)
          .put("name", name)
          .put("address", address)
          .put("log", log.toString())
          .put("works", works)
          .put("restarts", restarts);
    }

    private static Service of(JsonNode json) {
      return new Service(
          json.path("name").asText(),
          LiveProcessJson.read(json),
          json.path("address").asText(),
          Path.of(json.path("log").asText()),
          json.path("works").asBoolean(),
          json.path("restarts").asInt());
    }
  }

  /** All of it as JSON. */
  ObjectNode json() {
    ObjectNode json =
        LiveProcessJson.write(owner)
            .put("ready", ready)
            .put("bootstrapServers", address.bootstrapServers())
            .put("registryUrl", address.registryUrl())
            .put("topicPrefix", address.topicPrefix())
            .put("pool", pool);
    var nodes = json.putArray("services");
    services.forEach(service -> nodes.add(service.json()));
    return json;
  }

  /** The record that was written as JSON. */
  static StackRecord of(JsonNode json) {
    return new StackRecord(
        LiveProcessJson.read(json),
        json.path("ready").asBoolean(),
        new Address(
            json.path("bootstrapServers").asText(),
            json.path("registryUrl").asText(),
            json.path("topicPrefix").asText()),
        json.path("pool").asText(),
        StreamSupport.stream(json.path("services").spliterator(), false).map(Service::of).toList());
  }

  /** A process as two fields of an object. */
  private static final class LiveProcessJson {
    private static final String ID = "pid";
    private static final String SINCE = "since";

    static ObjectNode write(LiveProcess process) {
      return JsonNodeFactory.instance
          .objectNode()
          .put(ID, process.id())
          .put(SINCE, process.since().toString());
    }

    static LiveProcess read(JsonNode json) {
      return new LiveProcess(
          json.path(ID).asLong(), Instant.parse(json.path(SINCE).asText(Instant.EPOCH.toString())));
    }
  }
}
