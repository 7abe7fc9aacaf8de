package io.espalier.standalone.local;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Ports of an installation's services on the loopback interface.
 *
 * @param broker port of the broker; 0 for any that is free
 * @param registry port of the schema registry; 0 for any that is free
 */
public record Ports(int broker, int registry) {
  /** Ports that nobody listens on. */
  public static final Ports ANY = new Ports(0, 0);

  private static final int LARGEST = 65_535;
  private static final int PROBE_MILLIS = 1_000;

  /**
   * Ports that can be listened on, with the free ones chosen.
   *
   * @throws InvalidInputException naming who has one, and the option for another
   */
  public Ports require() {
    int[] free = free(2);
    return new Ports(
        broker == 0 ? free[0] : required("--broker-port", broker),
        registry == 0 ? free[1] : required("--registry-port", registry));
  }

  /** As many different ports as wanted; they are free when this returns. */
  static int[] free(int count) {
    var sockets = new ServerSocket[count];
    var ports = new int[count];
    try {
      for (int i = 0; i < count; i++) {
        sockets[i] = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ports[i] = sockets[i].getLocalPort();
      }
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("no free port on this machine", failed);
    }
    return ports;
  }

  /** Returns whether somebody listens on a port. */
  static boolean listens(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
      return true;
    } catch (IOException nobody) {
      return false;
    }
  }

  private static int required(String option, int port) {
    if (port < 0 || port > LARGEST) {
      throw new InvalidInputException(
          "%s must be from 0 (any that is free) to %d, but is %d".formatted(option, LARGEST, port));
    }
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException taken) {
      throw new InvalidInputException(
          "port %d cannot be listened on (%s); %s. Choose another by %s, or stop that."
              .formatted(
                  port,
                  taken.getMessage(),
                  PortHolder.of(port)
                      .map(holder -> "%s has it".formatted(holder))
                      .orElse("who has it is not for this user to see"),
                  option));
    }
  }
}
