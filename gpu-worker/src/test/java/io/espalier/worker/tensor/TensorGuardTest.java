package io.espalier.worker.tensor;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Keeps the array library's traps inside the few classes that know them. */
final class TensorGuardTest {
  private static final DescribedPredicate<JavaClass> KNOW_THE_TRAPS =
      DescribedPredicate.describe(
          "know the traps",
          type ->
              type.isEquivalentTo(Tensors.class)
                  || type.isEquivalentTo(Weights.class)
                  || type.isEquivalentTo(StoredTensor.class));

  private static final DescribedPredicate<JavaMethodCall> TAKES_A_NUMBER =
      DescribedPredicate.describe(
          "takes a Java number",
          call ->
              call.getTarget().getOwner().isAssignableTo(NDArray.class)
                  && call.getTarget().getRawParameterTypes().stream()
                      .anyMatch(type -> type.isEquivalentTo(Number.class)));

  private static final ArchRule NO_NUMBERS =
      noClasses()
          .that(not(KNOW_THE_TRAPS))
          .should()
          .callMethodWhere(TAKES_A_NUMBER)
          .because("autograd would read the number from memory that may be freed");

  private static final ArchRule NO_COPIES =
      noClasses()
          .that(not(KNOW_THE_TRAPS))
          .should()
          .callMethodWhere(
              target(nameMatching("toType|toDevice|duplicate"))
                  .and(targetOwner(assignableTo(NDArray.class))))
          .because("the gradient behind these is missing");

  private static final ArchRule NO_COLLECTOR =
      noClasses()
          .should()
          .callMethodWhere(
              target(nameMatching("newGradientCollector"))
                  .and(targetOwner(assignableTo(Engine.class))))
          .orShould()
          .callMethodWhere(target(nameMatching("optClipGrad")))
          .because("there is one collector per JVM, and clipping only clips from above");

  private static final ArchRule NO_ABORTING_TYPE =
      noClasses()
          .should()
          .accessFieldWhere(
              target(nameMatching("BFLOAT16|INT16|UINT16|UINT32|UINT64"))
                  .and(targetOwner(assignableTo(DataType.class))))
          .because("these types abort the JVM");

  private static final ArchRule NO_ENGINE =
      classes()
          .that(not(resideInAPackage("io.espalier.worker.tensor")))
          .should()
          .onlyAccessClassesThat(not(resideInAPackage("ai.djl.pytorch..")))
          .because("the engine's own classes change from release to release");

  private static final JavaClasses PROJECT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.espalier.worker");

  @Test
  void no_operator_is_given_a_java_number() {
    NO_NUMBERS.check(PROJECT);
    assertThat(violations(NO_NUMBERS)).contains("mul(java.lang.Number)");
  }

  @Test
  void nothing_cuts_the_graph() {
    NO_COPIES.check(PROJECT);
    assertThat(violations(NO_COPIES)).contains("duplicate()").contains("toType(");
  }

  @Test
  void nothing_uses_the_single_gradient_collector() {
    NO_COLLECTOR.check(PROJECT);
    assertThat(violations(NO_COLLECTOR)).contains("newGradientCollector()");
  }

  @Test
  void no_type_that_aborts_reaches_the_engine() {
    NO_ABORTING_TYPE.check(PROJECT);
    assertThat(violations(NO_ABORTING_TYPE)).contains("BFLOAT16");
  }

  @Test
  void only_the_tensor_package_sees_the_engines_own_classes() {
    NO_ENGINE.check(PROJECT);
  }

  /**
   * Returns what a rule says of a class that does everything wrong: a rule that sees nothing guards
   * nothing.
   */
  private static String violations(ArchRule rule) {
    JavaClasses planted = new ClassFileImporter().importClasses(Planted.class);
    return rule.evaluate(planted).getFailureReport().toString();
  }

  static final class Planted {
    static NDArray everythingWrong(NDArray x) {
      Engine.getInstance().newGradientCollector().close();
      return x.mul(3).duplicate().toType(DataType.BFLOAT16, false);
    }
  }
}
