package io.espalier.it;

import io.espalier.standalone.local.LocalBroker;
import java.nio.file.Path;

/** A broker in its own JVM, from the Maven jars. */
final class ProcessBroker implements Broker {
  private final LocalBroker broker;

  private ProcessBroker(LocalBroker broker) {
    this.broker = broker;
  }

  static Broker start(Path directory) {
    return new ProcessBroker(LocalBroker.start(directory));
  }

  @Override
  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  @Override
  public void kill() {
    broker.kill();
  }

  @Override
  public void restart() {
    broker.restart();
  }

  @Override
  public void close() {
    broker.close();
  }
}
