package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FolderLabelsTest {
  private static final List<String> ANIMALS = List.of("zebra", "ant", "cat");

  private final List<String> problems = new ArrayList<>();

  @Test
  void directories_with_names_of_classes_are_those_classes() {
    FolderLabels labels = of(List.of("ant", "cat", "zebra"), ANIMALS, FolderOrder.CODE_POINTS);

    assertThat(labels.labels()).containsExactly(1, 2, 0);
    assertThat(labels.classes()).isEqualTo(3);
    assertThat(labels.said()).isEqualTo("by name, as id2label of config.json has them");
    assertThat(labels.warnings()).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void some_of_the_classes_will_do() {
    FolderLabels labels = of(List.of("cat"), ANIMALS, FolderOrder.NATURAL);

    assertThat(labels.labels()).containsExactly(2);
    assertThat(labels.classes()).isEqualTo(3);
    assertThat(problems).isEmpty();
  }

  @Test
  void a_name_that_is_a_number_is_a_name() {
    FolderLabels labels =
        of(List.of("1", "2", "3"), List.of("3", "2", "1"), FolderOrder.CODE_POINTS);

    assertThat(labels.labels()).containsExactly(2, 1, 0);
    assertThat(labels.said()).startsWith("by name");
  }

  @Test
  void directories_that_are_names_only_in_part_are_an_error_that_names_them() {
    of(List.of("ant", "dog", "wolf"), ANIMALS, FolderOrder.CODE_POINTS);

    assertThat(problems)
        .singleElement()
        .asString()
        .contains("2 of 3 sub-directories")
        .contains("dog, wolf")
        .contains("zebra, ant, cat");
  }

  @Test
  void more_directories_than_classes_are_an_error_that_names_them() {
    of(List.of("a", "b", "c", "d"), List.of(), 3, FolderOrder.CODE_POINTS);
    of(List.of("ant", "cat", "zebra", "zoo"), ANIMALS, FolderOrder.CODE_POINTS);

    assertThat(problems).hasSize(2);
    assertThat(problems.get(0))
        .contains("tells 3 classes apart")
        .contains("4 sub-directories: a, b");
    assertThat(problems.get(1)).contains("1 of 4 sub-directories").contains("zoo");
  }

  @Test
  void case_and_punctuation_do_not_keep_a_name_from_being_known_but_are_warned_of() {
    FolderLabels labels =
        of(
            List.of("Great_White-Shark", "ant"),
            List.of("great white shark", "Ant"),
            FolderOrder.CODE_POINTS);

    assertThat(labels.labels()).containsExactly(0, 1);
    assertThat(labels.warnings()).singleElement().asString().contains("case or punctuation");
    assertThat(problems).isEmpty();
  }

  @Test
  void names_that_differ_in_case_only_are_kept_apart() {
    FolderLabels labels = of(List.of("A", "a"), List.of("a", "A"), FolderOrder.CODE_POINTS);

    assertThat(labels.labels()).containsExactly(1, 0);
    assertThat(labels.warnings()).isEmpty();
  }

  @Test
  void a_name_of_two_classes_is_an_error() {
    of(List.of("crane", "ant"), List.of("crane", "ant", "crane"), FolderOrder.CODE_POINTS);

    assertThat(problems)
        .singleElement()
        .asString()
        .contains("crane has the name of classes [0, 2]");
  }

  @Test
  void without_names_the_order_of_the_models_library_decides_and_the_other_is_warned_of() {
    List<String> numbers = IntStream.range(0, 12).mapToObj(Integer::toString).sorted().toList();

    FolderLabels timm = of(numbers, List.of(), 12, FolderOrder.NATURAL);
    FolderLabels torchvision = of(numbers, List.of(), 12, FolderOrder.CODE_POINTS);

    assertThat(timm.labels()).isEqualTo(numbers.stream().map(Integer::parseInt).toList());
    assertThat(torchvision.labels()).isEqualTo(IntStream.range(0, 12).boxed().toList());
    assertThat(timm.warnings())
        .singleElement()
        .asString()
        .contains("order of timm", "0, 1, 2, 3", "torchvision", "0, 1, 10, 11, 2");
    assertThat(torchvision.warnings())
        .singleElement()
        .asString()
        .contains("order of torchvision", "0, 1, 10, 11, 2", "timm", "0, 1, 2, 3");
    assertThat(timm.said()).startsWith("by the order of timm: 0, 1, 2");
    assertThat(problems).isEmpty();
  }

  @Test
  void orders_that_agree_are_no_reason_to_warn() {
    FolderLabels labels = of(List.of("a", "b"), List.of(), 2, FolderOrder.CODE_POINTS);

    assertThat(labels.labels()).containsExactly(0, 1);
    assertThat(labels.warnings()).isEmpty();
  }

  @Test
  void names_that_no_directory_has_are_warned_of_unless_they_say_nothing() {
    FolderLabels meant = of(List.of("0", "1", "2"), ANIMALS, FolderOrder.CODE_POINTS);
    FolderLabels generated =
        of(List.of("a", "b"), List.of("LABEL_0", "LABEL_1"), FolderOrder.CODE_POINTS);

    assertThat(meant.labels()).containsExactly(0, 1, 2);
    assertThat(meant.warnings()).singleElement().asString().contains("zebra, ant, cat");
    assertThat(generated.warnings()).isEmpty();
  }

  private FolderLabels of(List<String> folders, List<String> names, FolderOrder order) {
    return of(folders, names, names.size(), order);
  }

  private FolderLabels of(
      List<String> folders, List<String> names, int classes, FolderOrder order) {
    InputSpec spec =
        new InputSpec(OptionalInt.of(classes), 3, 8, 8, Normalization.IMAGENET)
            .with(
                InputSpec.IMAGENET.preparation(),
                new ClassNames(names, "id2label of config.json", order));
    return FolderLabels.of("data", folders, spec, problems);
  }
}
