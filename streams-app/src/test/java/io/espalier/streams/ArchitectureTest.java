package io.espalier.streams;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** One rule per arrow: app, topology, wire, domain. */
@AnalyzeClasses(packages = "io.espalier.streams", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule the_domain_depends_on_nothing_but_the_jdk_gates_and_facts =
      classes()
          .that()
          .resideInAPackage("io.espalier.streams.domain..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.espalier.streams.domain..",
              "io.espalier.gate..",
              "io.espalier.fact..",
              "java..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule wire_knows_neither_topology_nor_app =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.streams.wire..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.espalier.streams.topology..", "io.espalier.streams.app..");

  @ArchTest
  static final ArchRule topology_does_not_know_app =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.streams.topology..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.espalier.streams.app..");

  @ArchTest
  static final ArchRule generated_classes_stop_at_wire =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.espalier.streams.wire..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.espalier.event..", "org.apache.avro..");

  @ArchTest
  static final ArchRule neither_the_worker_nor_its_engine_is_known =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..", "io.espalier.worker..");
}
