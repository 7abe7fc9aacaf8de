package io.espalier.worker.algorithm.distill;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SameAnswersTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "text-losses/labels",
    "text-losses/values",
    "text-losses/embeddings",
    "text-losses/next-experts",
    "cifar-resnet20",
    "vit"
  })
  void a_model_can_teach_its_like(String name) {
    KnownModel model = KnownModel.of(Golden.of(name).model());

    assertThatCode(() -> SameAnswers.require(model, model)).doesNotThrowAnyException();
  }

  @Test
  void others_have_other_tasks() {
    KnownModel answers = KnownModel.of(Golden.of("text-losses/answers").model());
    KnownModel masked = KnownModel.of(Golden.of("text-losses/masked").model());

    assertThatThrownBy(() -> SameAnswers.require(answers, masked))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("task: the teacher")
        .hasMessageContaining("has question-answering, but the student")
        .hasMessageContaining("has fill-mask; name the model that the student was made from");
  }

  @Test
  void others_know_other_tokens() {
    KnownModel small = KnownModel.of(Golden.of("text-losses/answers").model());
    KnownModel large = KnownModel.of(Golden.of("bert-qa").model());

    assertThatThrownBy(() -> SameAnswers.require(large, small))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("vocabulary, in tokens")
        .hasMessageContaining("has 40");
  }

  @Test
  void labels_in_another_order_are_others() {
    KnownModel model = KnownModel.of(Golden.of("text-losses/labels").model());
    KnownModel turned =
        changed(
            "text-losses/labels",
            config -> {
              ObjectNode names = config.putObject("id2label");
              names.put("0", "LABEL_0").put("1", "LABEL_2").put("2", "LABEL_1");
              ObjectNode ids = config.putObject("label2id");
              ids.put("LABEL_0", 0).put("LABEL_2", 1).put("LABEL_1", 2);
            });

    assertThatThrownBy(() -> SameAnswers.require(model, turned))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'LABEL_1' as number 1")
        .hasMessageContaining("'LABEL_2' as number 1");
  }

  @Test
  void images_are_not_texts() {
    KnownModel images = KnownModel.of(Golden.of("cifar-resnet20").model());
    KnownModel texts = KnownModel.of(Golden.of("text-losses/labels").model());

    assertThatThrownBy(() -> SameAnswers.require(images, texts))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has images, but")
        .hasMessageContaining("has texts");
  }

  @Test
  void others_tell_other_numbers_of_classes_apart() {
    KnownModel ten = KnownModel.of(Golden.of("cifar-resnet20").model());
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 3, 8, List.of(4, 8, 16), 1), directory.resolve("three"));
    KnownModel three = KnownModel.of(ModelDirectory.open(directory.resolve("three")));

    assertThatThrownBy(() -> SameAnswers.require(ten, three))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("number of classes: the teacher")
        .hasMessageContaining("has 10, but")
        .hasMessageContaining("has 3;");
  }

  private KnownModel changed(String golden, Consumer<ObjectNode> change) {
    Path from = Golden.of(golden).directory();
    Path to = directory.resolve("changed");
    var mapper = new ObjectMapper();
    try {
      Files.createDirectories(to);
      Files.copy(from.resolve("model.safetensors"), to.resolve("model.safetensors"));
      var config = (ObjectNode) mapper.readTree(from.resolve("config.json").toFile());
      change.accept(config);
      mapper.writeValue(to.resolve("config.json").toFile(), config);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return KnownModel.of(ModelDirectory.open(to));
  }
}
