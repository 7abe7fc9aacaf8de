package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.PyTorch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Stages that work at once, each in a thread of its own: while one has a batch, that in front of it
 * has the next. Batches keep their order.
 */
final class LayerPipeline {
  /** Function of a batch. */
  @FunctionalInterface
  interface Stage {
    /** Returns what is made of one, in the open scope. */
    NDArray of(int batch, NDArray x);
  }

  /** Takes what the last stage has made of a batch; it may unregister it from the open scope. */
  @FunctionalInterface
  interface Sink {
    /** Takes it. */
    void take(int batch, NDArray y);
  }

  private final int batches;
  private final IntFunction<NDArray> source;
  private final List<Stage> stages;
  private final Sink sink;

  /**
   * A pipeline.
   *
   * @param batches how many pass
   * @param source gives each to the first stage, in its thread and scope
   * @param stages at least one; a single one works in the thread of the caller
   * @param sink takes what the last stage made, in its thread and scope
   */
  LayerPipeline(int batches, IntFunction<NDArray> source, List<Stage> stages, Sink sink) {
    this.batches = batches;
    this.source = source;
    this.stages = List.copyOf(stages);
    this.sink = sink;
  }

  /** Lets all batches pass; a stage that fails ends the others. */
  void run() {
    if (stages.size() == 1) {
      alone(stages.get(0));
    } else {
      together();
    }
  }

  private void alone(Stage stage) {
    for (int batch = 0; batch < batches; batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        sink.take(batch, stage.of(batch, source.apply(batch)));
      }
    }
  }

  private void together() {
    var between = new ArrayList<BlockingQueue<NDArray>>();
    stages.forEach(any -> between.add(new ArrayBlockingQueue<>(1)));
    ExecutorService threads = Executors.newFixedThreadPool(stages.size());
    try {
      CompletionService<Integer> all = new ExecutorCompletionService<>(threads);
      for (int i = 0; i < stages.size(); i++) {
        int stage = i;
        all.submit(() -> work(stage, between));
      }
      for (int i = 0; i < stages.size(); i++) {
        all.take().get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while layers were at work", e);
    } finally {
      end(threads);
    }
  }

  /** The part of one thread; what stages hand on is theirs to free. */
  private int work(int stage, List<BlockingQueue<NDArray>> between) throws InterruptedException {
    PyTorch.gradientsOff();
    boolean first = stage == 0;
    boolean last = stage == stages.size() - 1;
    for (int batch = 0; batch < batches; batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray x = first ? source.apply(batch) : between.get(stage - 1).take();
        NDArray y = stages.get(stage).of(batch, x);
        if (last) {
          sink.take(batch, y);
        } else {
          NDScope.unregister(y);
          between.get(stage).put(y);
        }
        if (!first) {
          x.close();
        }
      }
    }
    return batches;
  }

  /** Waits for all threads, since what they compute with is freed next. */
  private static void end(ExecutorService threads) {
    threads.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      while (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        interrupted |= Thread.interrupted();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
