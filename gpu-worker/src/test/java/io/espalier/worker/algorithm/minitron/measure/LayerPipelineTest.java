package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Layers that several devices share; here the processor stands for each of them. */
@Timeout(60)
final class LayerPipelineTest {
  private static final List<Device> TWO = List.of(Device.cpu(), Device.cpu());

  @TempDir Path own;

  private final List<Float> said = Collections.synchronizedList(new ArrayList<>());

  private void run(NDManager manager, LayerPipeline.Stage... stages) {
    new LayerPipeline(
            5,
            batch -> Tensors.of(manager, new float[] {batch}, 1),
            List.of(stages),
            (batch, y) -> said.add(batch * 1000 + y.getFloat()))
        .run();
  }

  @Test
  void batches_pass_all_stages_in_order_and_stages_work_at_once() throws Exception {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    var meet = new CyclicBarrier(2); // nobody gets past it alone
    LayerPipeline.Stage meeting =
        (batch, x) -> {
          threads.add(Thread.currentThread());
          boolean firstStage = x.getFloat() == batch;
          if ((firstStage && batch > 0) || (!firstStage && batch < 4)) {
            await(meet);
          }
          return Tensors.add(x, 10);
        };
    try (NDManager manager = PyTorch.newManager()) {
      run(manager, meeting, meeting);
    }

    assertThat(said).containsExactly(20f, 1021f, 2022f, 3023f, 4024f);
    assertThat(threads).hasSize(2).doesNotContain(Thread.currentThread());
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("stages do not work at once", e);
    }
  }

  @Test
  void a_single_stage_works_in_the_thread_of_the_caller() {
    var threads = ConcurrentHashMap.<Thread>newKeySet();
    try (NDManager manager = PyTorch.newManager()) {
      run(
          manager,
          (batch, x) -> {
            threads.add(Thread.currentThread());
            return Tensors.add(x, 10);
          });
    }

    assertThat(said).containsExactly(10f, 1011f, 2012f, 3013f, 4014f);
    assertThat(threads).containsExactly(Thread.currentThread());
  }

  @Test
  void a_stage_that_fails_ends_the_others() {
    try (NDManager manager = PyTorch.newManager()) {
      LayerPipeline.Stage sound = (batch, x) -> Tensors.add(x, 1);
      LayerPipeline.Stage failing =
          (batch, x) -> {
            if (batch == 2) {
              throw new IllegalArgumentException("no memory");
            }
            return Tensors.add(x, 1);
          };

      assertThatThrownBy(() -> run(manager, sound, failing, sound))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no memory");
    }
    assertThat(said.size()).isLessThanOrEqualTo(2);
  }

  @Test
  void two_devices_say_what_one_says() {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of("llama").model()));
    var once = GoldenTexts.ofScores("minitron-llama");
    var texts =
        new GoldenTexts(IntStream.range(0, 7).mapToObj(i -> once.get(i % once.count())).toList());

    for (long memory : new long[] {0, 1 << 20}) {
      List<float[]> one = says(blueprint, texts, memory, List.of(Device.cpu()));
      List<float[]> two = says(blueprint, texts, memory, TWO);

      assertThat(two).hasSameSizeAs(one);
      for (int i = 0; i < one.size(); i++) {
        assertThat(two.get(i)).isEqualTo(one.get(i));
      }
    }
  }

  private List<float[]> says(
      DecoderBlueprint blueprint, TokenBatches texts, long memory, List<Device> devices) {
    var all = new ArrayList<float[]>();
    List<Integer> layers = IntStream.range(0, blueprint.blocks().size()).boxed().toList();
    try (var stream =
        new LayerwiseForward(blueprint, texts, MemoryLimits.of(memory), own, devices)) {
      assertThat(stream.groups(layers)).hasSize(devices.size() == 1 ? 2 : 1);
      stream.run(Kept.all(), layers);
      stream.scores(Kept.all(), (scores, first, sequence) -> all.add(floats(scores)));
    }
    return all;
  }

  private static float[] floats(NDArray x) {
    return x.toFloatArray();
  }
}
