package io.espalier.standalone.local;

import io.espalier.standalone.client.topic.Address;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Stacks as they are written down. */
final class SampleStack {
  static final Address ADDRESS = new Address("localhost:19092", "http://localhost:18081", "mine.");

  private static final LiveProcess GONE =
      new LiveProcess(ProcessHandle.current().pid(), Instant.parse("2020-01-01T00:00:00Z"));

  private SampleStack() {}

  /** One whose owner and services are this process. */
  static StackRecord running(boolean workerWorks) {
    return of(LiveProcess.current(), workerWorks, LiveProcess.current());
  }

  /** One whose owner had the id of this process before. */
  static StackRecord ofAnEarlierProcess() {
    return of(GONE, true, GONE);
  }

  /** One whose worker has just ended. */
  static StackRecord withoutWorker() {
    return of(LiveProcess.current(), true, GONE);
  }

  private static StackRecord of(LiveProcess owner, boolean workerWorks, LiveProcess worker) {
    var broker =
        new StackRecord.Service(
            "broker", owner, "localhost:19092", Path.of("/up/broker/broker.log"), true, 2);
    var services =
        List.of(
            broker,
            new StackRecord.Service(
                "worker", worker, "", Path.of("/up/worker.log"), workerWorks, 0));
    return new StackRecord(owner, true, ADDRESS, "default", services);
  }
}
