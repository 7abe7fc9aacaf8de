package io.espalier.worker.stage;

import io.espalier.worker.stage.job.WorkerHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Main class of a worker that holds its place in a work directory until a test kills it. */
public final class HomeHolder {
  private HomeHolder() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    try (WorkerHome home = WorkerHome.open(folder, "gpu")) {
      Path partial = Files.writeString(folder.resolve("held.partial"), home.workerId());
      Files.move(partial, folder.resolve("held"));
      new CountDownLatch(1).await();
    }
  }
}
