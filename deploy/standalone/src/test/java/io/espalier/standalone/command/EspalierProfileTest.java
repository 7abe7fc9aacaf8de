package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EspalierProfileTest {
  @TempDir private Path directory;

  private static JsonNode profile(String arguments) throws IOException {
    Ran run = espalier(("profile -o json " + arguments).split(" ", -1));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run.json();
  }

  private static void assertCost(JsonNode cost, long flops, long parameters) {
    assertThat(cost.path("flops").asLong()).isEqualTo(flops);
    assertThat(cost.path("parameters").asLong()).isEqualTo(parameters);
  }

  @Test
  void resnet_20_has_the_profile_that_modelopt_publishes() throws IOException {
    JsonNode profile =
        profile(
            "--algorithm fastnas --architecture cifar_resnet20 --channel-divisor 16 --input"
                + " 3x32x32");

    assertThat(profile.path("axes").asInt()).isEqualTo(6);
    assertThat(profile.path("spaceSize").asInt()).isEqualTo(512);
    assertCost(profile.path("min"), 48_661_760, 90_938);
    assertCost(profile.path("centroid"), 55_149_824, 141_626);
    assertCost(profile.path("max"), 81_102_080, 268_346);
    assertThat(profile.path("choices").toString())
        .isEqualTo(
            "{\"layer2.0.conv1.out\":[16,32],\"layer2.1.conv1.out\":[16,32],\"layer2.2.conv1.out\":[16,32],"
                + "\"layer3.0.conv1.out\":[16,32,48,64],\"layer3.1.conv1.out\":[16,32,48,64],\"layer3.2.conv1.out\":[16,32,48,64]}");
  }

  @Test
  void resnet_50_has_the_profile_that_modelopt_publishes() throws IOException {
    JsonNode profile = profile("--architecture resnet50 --channel-divisor 32 --input 3x224x244");

    assertThat(profile.path("axes").asInt()).isEqualTo(36);
    assertThat(profile.path("spaceSize").asDouble()).isCloseTo(2.476e28, within(0.0005e28));
    assertCost(profile.path("min"), 548_677_632, 2_703_944);
    assertCost(profile.path("max"), 9_177_501_696L, 25_503_912);
    assertThat(profile.path("centroid").path("parameters").asLong()).isEqualTo(9_750_088);
  }

  @Test
  void the_space_of_gradnas_is_that_of_the_form_in_which_a_result_would_be_left_behind()
      throws IOException {
    String model = directory.resolve("reader").toString();
    assertThat(espalier("zoo", "model", "bert_tiny", model).code()).isZero();

    JsonNode alike = profile("--algorithm gradnas --constraint flops=80% --model " + model);
    JsonNode small = profile("--algorithm gradnas --constraint flops=20% --model " + model);

    assertThat(alike.path("output").asText()).isEqualTo("uniform");
    assertThat(alike.path("choices").fieldNames()).toIterable().containsExactly("neurons");
    assertThat(small.path("output").asText()).isEqualTo("hf-v4-pruned-heads");
    assertThat(small.path("constraints").path(0).path("satisfiable").asBoolean()).isTrue();
  }

  @Test
  void a_directory_and_its_architecture_by_name_differ_in_bytes_alone() throws IOException {
    String model = directory.resolve("model").toString();
    assertThat(espalier("zoo", "model", "cifar_resnet20", model, "--random").code()).isZero();

    JsonNode stored = profile("--channel-divisor 8 --input 3x48x32 --model " + model);
    JsonNode named = profile("--channel-divisor 8 --input 3x48x32 --architecture cifar_resnet20");

    assertThat(named.path("choices")).isEqualTo(stored.path("choices"));
    assertThat(named.path("max").path("flops")).isEqualTo(stored.path("max").path("flops"));
    assertThat(named.path("min").path("parameters"))
        .isEqualTo(stored.path("min").path("parameters"));
    assertThat(named.path("max").path("bytes").asLong())
        .isBetween(4 * 268_346L, stored.path("max").path("bytes").asLong());
  }

  @ParameterizedTest
  @CsvSource({
    // what torchvision and timm publish, less two per channel of each BatchNorm
    "resnet18, 11679912",
    "vgg11_bn, 132863336",
    "mobilenetv2_100, 3470760",
    "efficientnet_b0, 5246532",
    "densenet121, 7895208"
  })
  void every_family_can_be_profiled_without_weights(String architecture, long parameters)
      throws IOException {
    JsonNode profile = profile("--architecture " + architecture);

    assertThat(profile.path("axes").asInt()).isPositive();
    assertThat(profile.path("max").path("parameters").asLong()).isEqualTo(parameters);
  }

  @Test
  void a_later_rule_for_a_layer_wins() throws IOException {
    String resnet = "--architecture cifar_resnet20 --channel-divisor 16 ";

    JsonNode excluded = profile(resnet + "--layer layer3.*=8 --layer layer3.*=exclude");
    JsonNode divided = profile(resnet + "--layer layer3.*=exclude --layer layer3.*=32");

    assertThat(excluded.path("axes").asInt()).isEqualTo(3);
    assertThat(divided.path("choices").path("layer3.0.conv1.out").toString()).isEqualTo("[32,64]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--model x --architecture resnet50",
        "--architecture resnet50 --input 3x224",
        "--architecture resnet50 --input 3xax224",
        "--architecture resnet50 --input 0x224x224",
        "--architecture resnet50 --layer conv1",
        "--architecture resnet50 --layer =16",
        "--architecture resnet50 --layer conv1=0",
        "--architecture resnet50 --layer conv1=keep",
        "--architecture resnet50 --channel-divisor 0",
        "--architecture resnet50 --constraint latency=5ms"
      })
  void wrong_usage_ends_with_code_2_and_says_where_help_is(String arguments) {
    Ran run = espalier(("profile " + arguments).strip().split(" ", -1));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("error: ")
        .doesNotContain("error: Error:")
        .contains("espalier profile --help");
  }

  @Test
  void a_bound_on_latency_is_refused_with_what_to_do() {
    Ran run = espalier("profile", "--architecture", "resnet50", "--constraint", "latency=50%");

    assertThat(run.err()).contains("measured", "device", "policy", "optimize");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--architecture resnet51",
        "--architecture tf_efficientnet_b0",
        "--architecture vgg16_bn --input 3x8x8",
        "--architecture resnet50 --layer layer9.*=exclude",
        "--architecture resnet50 --constraint params=60%",
        "--architecture resnet50 --constraint flops=lots"
      })
  void what_makes_no_sense_ends_with_code_3(String arguments) {
    Ran run = espalier(("profile " + arguments).split(" ", -1));

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("error: ").doesNotContain("config.json: ");
  }

  @Test
  void a_bound_out_of_reach_ends_with_code_4_and_exact_numbers() {
    Ran run =
        espalier(
            "profile --architecture cifar_resnet20 --channel-divisor 16 --constraint flops=60%"
                .split(" ", -1));

    assertThat(run.code()).isEqualTo(4);
    assertThat(run.out()).contains("False", "48,661,760", "512 too many");
  }
}
