package io.espalier.worker.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.kafka.record.WorkerIdentity.Device;
import io.espalier.worker.stage.job.ChildSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DevicesTest {
  private static final Map<String, String> CUDA = Map.of("PYTORCH_FLAVOR", "cu128");
  private static final ChildSettings CHILD = ChildSettings.of(64, 8);

  @TempDir Path folder;

  @Test
  void slots_take_the_cuda_devices_in_turn() throws IOException {
    Devices devices =
        devices(CUDA, tool("0, NVIDIA H200, 143771, 143156\n1, NVIDIA L4, 23034, 22500\n"));

    assertThat(devices.list()).extracting(Device::name).containsExactly("NVIDIA H200", "NVIDIA L4");
    assertThat(devices.list()).extracting(Device::kind).containsOnly("cuda");
    assertThat(devices.list().get(0).memoryBytes()).isEqualTo(150_754_820_096L); // 143771 MiB
    assertThat(devices.list().get(1).free().bytes()).hasValue(23_592_960_000L); // 22500 MiB
    for (int slot = 0; slot < 4; slot++) {
      assertThat(devices.settings(CHILD, slot, 4).environment())
          .containsEntry("CUDA_VISIBLE_DEVICES", String.valueOf(slot % 2))
          .containsEntry("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    }
    assertThat(devices.target(1, 2)).isEqualTo("NVIDIA L4, 2 threads");
  }

  @Test
  void slots_share_the_processors_and_none_gets_more_threads_than_it_was_given()
      throws IOException {
    Devices devices = devices(Map.of(), tool("exit"));

    assertThat(devices.settings(CHILD, 0, 1).threads()).isEqualTo(8);
    assertThat(devices.settings(CHILD, 0, 3).threads()).isEqualTo(2);
    assertThat(devices.settings(CHILD, 0, 100).threads()).isEqualTo(1);
    assertThat(devices.settings(ChildSettings.of(64, 1), 0, 2).threads()).isEqualTo(1);
    assertThat(devices.settings(CHILD, 0, 3).heapMebibytes()).isEqualTo(64);
  }

  @Test
  void a_library_without_cuda_uses_the_processor_whatever_devices_there_are() throws IOException {
    Devices devices = devices(Map.of(), tool("0, NVIDIA H200, 143771, 143156\n"));

    Device processor = devices.list().get(0);

    assertThat(devices.list()).hasSize(1);
    assertThat(processor.kind()).isEqualTo("cpu");
    assertThat(processor.free().bytes().orElseThrow()).isBetween(1L, processor.memoryBytes());
    assertThat(devices.settings(CHILD, 0, 1).environment()).isEmpty();
  }

  @Test
  void a_library_for_cuda_is_known_by_its_file_too() throws IOException {
    Files.createFile(folder.resolve("libtorch_cuda.so"));
    Map<String, String> library = Map.of("PYTORCH_LIBRARY_PATH", folder.toString());

    assertThat(devices(library, tool("0, NVIDIA L4, 23034, 22500\n")).list())
        .extracting(Device::kind)
        .containsExactly("cuda");
  }

  @Test
  void devices_that_this_process_may_not_see_are_not_used() throws IOException {
    String two = "0, NVIDIA L4, 23034, 22500\n1, NVIDIA L4, 23034, 22500\n";
    Path tool = tool(two);

    Devices devices = devices(visible("1"), tool);

    assertThat(devices.list()).hasSize(1);
    assertThat(devices.settings(CHILD, 0, 1).environment())
        .containsEntry("CUDA_VISIBLE_DEVICES", "1");
    assertThatThrownBy(() -> devices(visible("7"), tool))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'7'")
        .hasMessageContaining("[0, 1]");
    assertThatThrownBy(() -> devices(visible("GPU-1234"), tool))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'GPU-1234'");
  }

  @Test
  void a_tool_that_is_missing_fails_or_talks_nonsense_means_no_cuda() throws IOException {
    for (Path tool :
        List.of(
            folder.resolve("none"),
            script("exit 9"),
            tool("No devices were found\n"),
            tool("0, NVIDIA L4, [N/A], [N/A]\n"))) {
      assertThat(devices(CUDA, tool).list()).extracting(Device::kind).containsExactly("cpu");
    }
  }

  @Test
  void a_name_may_hold_a_comma() throws IOException {
    assertThat(new NvidiaSmi(tool("0, Grace, Hopper, 10, 9\n").toString()).devices())
        .containsExactly(new NvidiaSmi.Gpu(0, "Grace, Hopper", 10L << 20, 9L << 20));
  }

  @Test
  void free_memory_is_asked_for_again() throws IOException {
    Path tool = tool("0, NVIDIA L4, 100, 90\n");
    var smi = new NvidiaSmi(tool.toString());
    var memory = new CudaMemory(smi, smi.devices());
    assertThat(memory.free(0)).hasValue(90L << 20);

    tool("0, NVIDIA L4, 100, 10\n");
    memory.refresh();

    await().until(() -> memory.free(0).orElse(0) == 10L << 20);
    assertThat(memory.free(1)).isEmpty();
  }

  private static Map<String, String> visible(String devices) {
    return Map.of("PYTORCH_FLAVOR", "cu128", "CUDA_VISIBLE_DEVICES", devices);
  }

  private static Devices devices(Map<String, String> settings, Path tool) {
    return Devices.of(
        name -> Optional.ofNullable(settings.get(name)), new NvidiaSmi(tool.toString()), 8);
  }

  /** A script in place of nvidia-smi that answers if it is asked as it should be. */
  private Path tool(String answer) throws IOException {
    return script(
        """
        [ "$1" = "--query-gpu=index,name,memory.total,memory.free" ] || exit 2
        [ "$2" = "--format=csv,noheader,nounits" ] || exit 2
        cat <<'END'
        %sEND
        """
            .formatted(answer));
  }

  private Path script(String lines) throws IOException {
    Path partial = Files.createTempFile(folder, "tool", ".partial");
    Files.writeString(partial, "#!/bin/sh\n" + lines);
    Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path script =
        folder.resolve("nvidia-smi-" + Integer.toHexString(lines.contains("exit 9") ? 1 : 0));
    return Files.move(partial, script, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
