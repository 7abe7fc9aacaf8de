package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspalierEvaluateTest {
  @TempDir private Path directory;

  @BeforeEach
  void makeModelAndImages() throws IOException {
    assertThat(espalier("zoo", "model", "cifar_resnet20", model()).code()).isZero();
    for (String name : new String[] {"0", "1", "2", "3", "4", "5", "6", "7", "8", "10"}) {
      var image = new BufferedImage(40, 32, BufferedImage.TYPE_INT_RGB);
      Path folder = Files.createDirectories(directory.resolve("data").resolve(name));
      ImageIO.write(image, "png", folder.resolve("x.png").toFile());
    }
  }

  @Test
  void how_images_and_labels_were_read_is_said_in_words_and_in_json() throws IOException {
    Ran words = espalier("evaluate", "--model", model(), "--data", data());
    Ran json = espalier("evaluate", "-o", "json", "--model", model(), "--data", data());

    assertThat(words.code()).as(words.err()).isZero();
    assertThat(words.out())
        .contains("images: bilinear to 32 x 32")
        .contains("labels: by the order of torchvision: 0, 1, 10, 2")
        .contains("warning: classes are numbered in the order of torchvision");
    assertThat(json.json().path("labels").asText())
        .isEqualTo("by the order of torchvision: 0, 1, 10, 2, 3, 4, 5, 6, 7, 8");
    assertThat(json.json().path("images").asText()).contains("no file of the model says how");
    assertThat(json.json().path("warnings").toString())
        .contains("in that of timm they would be 0, 1, 2, 3")
        .contains("other sizes than 32 x 32");
  }

  @Test
  void files_that_end_early_are_all_named_and_the_exit_code_says_invalid_input()
      throws IOException {
    for (String name : new String[] {"0/x.png", "10/x.png"}) {
      Path file = directory.resolve("data").resolve(name);
      Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 50));
    }

    Ran run = espalier("evaluate", "--model", model(), "--data", data());

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("0/x.png is truncated")
        .contains("10/x.png is truncated")
        .doesNotContain("evaluating");
  }

  @Test
  void bad_data_are_refused_before_anything_is_written() throws IOException {
    List<String> before = scratch();

    Ran missing = espalier("evaluate", "--model", model(), "--data", directory + "/lost");
    Ran broken = espalier("evaluate", "--model", model(), "--data", "file:///a b");

    assertThat(missing.code()).isEqualTo(3);
    assertThat(missing.err()).contains("data for eval: there is no " + directory + "/lost");
    assertThat(broken.code()).isEqualTo(3);
    assertThat(broken.err()).contains("neither a path nor a URI");
    assertThat(scratch()).isEqualTo(before);
  }

  private static List<String> scratch() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("espalier-evaluate"))
          .sorted()
          .toList();
    }
  }

  private String model() {
    return directory.resolve("model").toString();
  }

  private String data() {
    return directory.resolve("data").toString();
  }
}
