package io.espalier.worker.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Locale;

/**
 * The PyTorch engine of this JVM: started once, offline, without usage reports.
 *
 * <p>Threads of the engine are {@code -Dai.djl.pytorch.num_threads}, by default one per core; the
 * number is part of what makes a result repeatable to the bit.
 */
public final class PyTorch {
  /*
   * The operators are native functions of a library that only the engine loads, so whatever calls
   * them starts the engine first; the holder below makes that happen once, on first use.
   *
   * A thread starts with gradients ON in PyTorch, except the one that loaded the engine. A thread that
   * forgot to turn them off would keep the graph of everything it computes, hence newManager().
   */
  private PyTorch() {}

  private static final class Holder {
    static final Engine ENGINE = start();

    private static Engine start() {
      setIfAbsent("ai.djl.offline", "true");
      setIfAbsent("OPT_OUT_TRACKING", "true");
      setIfAbsent("ai.djl.pytorch.num_interop_threads", "1");
      return Engine.getEngine("PyTorch");
    }

    private static void setIfAbsent(String property, String value) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, value);
      }
    }
  }

  /**
   * A manager of arrays on the default device, for the caller to close; turns gradients off on this
   * thread.
   */
  public static NDManager newManager() {
    return newManager(Holder.ENGINE.defaultDevice());
  }

  /**
   * A manager of arrays on a device, for the caller to close; turns gradients off on this thread.
   */
  public static NDManager newManager(Device device) {
    NDManager manager = Holder.ENGINE.newBaseManager(device);
    JniUtils.setGradMode(false);
    return manager;
  }

  /** The devices that work can be shared by: all accelerators that there are, or the processor. */
  public static List<Device> devices() {
    return List.of(Holder.ENGINE.getDevices());
  }

  /**
   * Turns gradients off on this thread; each thread that computes without a manager of its own
   * calls it.
   */
  public static void gradientsOff() {
    if (Holder.ENGINE.defaultDevice() != null) {
      JniUtils.setGradMode(false);
    }
  }

  /** Threads that one operator may use. */
  public static int threads() {
    return Holder.ENGINE.defaultDevice() == null ? 0 : JniUtils.getNumThreads();
  }

  /** Engine, device and threads in words, for reports. */
  public static String device() {
    Device device = Holder.ENGINE.defaultDevice();
    String where =
        device.isGpu()
            ? device.toString()
            : String.format(
                Locale.ROOT, "%s CPU, %d threads", System.getProperty("os.arch"), threads());
    return "%s, PyTorch %s".formatted(where, Holder.ENGINE.getVersion());
  }
}
