package io.espalier.it;

/** A real Kafka broker that tests can kill and restart, however it is run. */
interface Broker extends AutoCloseable {
  /** Returns where clients connect; stays the same over restarts. */
  String bootstrapServers();

  /** Ends it without warning, as a power cut would. */
  void kill();

  /** Starts it again on the same data and waits until it answers. */
  void restart();

  @Override
  void close();
}
