package io.espalier.worker;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The worker's dependency picture, one rule per arrow: {@code app > kafka > stage > algorithm >
 * domain}, {@code stage, algorithm > model > tensor, checkpoint, data > domain}, {@code stage >
 * report > algorithm.search}.
 */
@AnalyzeClasses(
    packages = {"io.espalier.worker", "io.espalier.schemas.setting", "io.espalier.schemas.stage"},
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String WORKER = "io.espalier.worker.";
  private static final String APP = WORKER + "app..";
  private static final String KAFKA = WORKER + "kafka..";
  private static final String STAGE = WORKER + "stage..";
  private static final String ALGORITHM = WORKER + "algorithm..";
  private static final String SEARCH = WORKER + "algorithm.search..";
  private static final String MODEL = WORKER + "model..";
  private static final String REPORT = WORKER + "report..";
  private static final String TENSOR = WORKER + "tensor..";
  private static final String CHECKPOINT = WORKER + "checkpoint..";
  private static final String DATA = WORKER + "data..";
  private static final String ZOO = WORKER + "zoo..";
  private static final String DOMAIN = WORKER + "domain..";
  private static final String GATE = "io.espalier.gate..";
  private static final String FACT = "io.espalier.fact..";
  private static final String DJL = "ai.djl..";
  private static final String TOKENIZERS = "ai.djl.huggingface.tokenizers..";
  private static final String TOKENIZER = WORKER + "data.text.NativeTokenizer";

  @ArchTest
  static final ArchRule domain_knows_only_the_jdk_jspecify_gates_and_facts =
      classes()
          .that()
          .resideInAPackage(DOMAIN)
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(DOMAIN, GATE, FACT, "java..", "org.jspecify.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule checkpoint_knows_of_the_worker_only_the_domain = knows(CHECKPOINT, DOMAIN);

  @ArchTest static final ArchRule data_knows_of_the_worker_only_the_domain = knows(DATA, DOMAIN);

  @ArchTest
  static final ArchRule tensor_knows_of_the_worker_only_domain_and_checkpoint =
      knows(TENSOR, DOMAIN, CHECKPOINT);

  @ArchTest
  static final ArchRule algorithm_knows_of_the_worker_only_what_is_below_it =
      knows(ALGORITHM, DOMAIN, TENSOR, CHECKPOINT, DATA, MODEL);

  @ArchTest
  static final ArchRule model_knows_of_the_worker_only_what_is_below_it =
      knows(MODEL, DOMAIN, TENSOR, CHECKPOINT, DATA);

  @ArchTest
  static final ArchRule stage_knows_of_the_worker_only_what_is_below_it =
      knows(STAGE, DOMAIN, TENSOR, CHECKPOINT, DATA, MODEL, ALGORITHM, REPORT);

  @ArchTest
  static final ArchRule report_knows_only_domain_and_algorithm_search =
      knows(REPORT, DOMAIN, SEARCH);

  @ArchTest
  static final ArchRule zoo_is_known_by_nothing_of_the_worker_but_app =
      noClasses()
          .that()
          .resideInAnyPackage(
              DOMAIN, TENSOR, CHECKPOINT, DATA, MODEL, ALGORITHM, REPORT, STAGE, KAFKA)
          .should()
          .dependOnClassesThat(resideInAPackage(ZOO))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule kafka_does_not_reach_past_stage_but_for_artifacts =
      knows(KAFKA, DOMAIN, STAGE, CHECKPOINT);

  @ArchTest
  static final ArchRule nothing_knows_app =
      noClasses()
          .that()
          .resideOutsideOfPackage(APP)
          .should()
          .dependOnClassesThat(resideInAPackage(APP))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule tensor_library_only_in_tensor_model_and_algorithm =
      noClasses()
          .that()
          .resideOutsideOfPackages(TENSOR, MODEL, ALGORITHM)
          .and()
          .doNotHaveFullyQualifiedName(TOKENIZER)
          .should()
          .dependOnClassesThat(resideInAPackage(DJL))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule one_class_of_data_knows_tokenizers_and_nothing_else_of_the_tensor_library =
      noClasses()
          .that()
          .haveFullyQualifiedName(TOKENIZER)
          .should()
          .dependOnClassesThat(resideInAPackage(DJL).and(not(resideInAPackage(TOKENIZERS))));

  @ArchTest
  static final ArchRule tokenizers_are_called_by_one_class_only =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(TOKENIZER)
          .should()
          .dependOnClassesThat(resideInAPackage(TOKENIZERS));

  @ArchTest
  static final ArchRule kafka_and_avro_only_in_kafka_and_app =
      noClasses()
          .that()
          .resideOutsideOfPackages(KAFKA, APP)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "org.apache.kafka..",
                  "org.apache.avro..",
                  "io.confluent..",
                  "io.espalier.event..",
                  "io.espalier.schemas",
                  "io.espalier.schemas.policy.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule what_policies_may_say_is_read_in_stage_only =
      noClasses()
          .that()
          .resideInAnyPackage(DOMAIN, TENSOR, CHECKPOINT, DATA, ALGORITHM, REPORT, ZOO)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("io.espalier.schemas.setting..", "io.espalier.schemas.stage.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule nobody_knows_kafka_streams =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.apache.kafka.streams..", "io.espalier.streams.."))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule packages_are_free_of_cycles =
      slices()
          .matching("io.espalier.worker.(*)..")
          .should()
          .beFreeOfCycles()
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule packages_of_minitron_are_free_of_cycles =
      slices().matching("io.espalier.worker.algorithm.minitron.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_algorithm_are_free_of_cycles =
      slices().matching("io.espalier.worker.algorithm.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_checkpoint_are_free_of_cycles =
      slices().matching("io.espalier.worker.checkpoint.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_kafka_are_free_of_cycles =
      slices().matching("io.espalier.worker.kafka.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_report_are_free_of_cycles =
      slices().matching("io.espalier.worker.report.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_stage_are_free_of_cycles =
      slices().matching("io.espalier.worker.stage.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packages_of_model_are_free_of_cycles =
      slices().matching("io.espalier.worker.model.(**)").should().beFreeOfCycles();

  /** Of the worker's packages, one knows itself and these. */
  private static ArchRule knows(String one, String... others) {
    var allowed = new String[others.length + 1];
    System.arraycopy(others, 0, allowed, 0, others.length);
    allowed[others.length] = one;
    return classes()
        .that()
        .resideInAPackage(one)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(allowed).or(not(resideInAPackage("io.espalier.worker.."))))
        .allowEmptyShould(true);
  }
}
