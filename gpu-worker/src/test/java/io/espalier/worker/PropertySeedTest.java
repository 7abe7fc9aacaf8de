package io.espalier.worker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PropertySeedTest {
  private static final ArchCondition<JavaMethod> HAVE_THE_FIXED_SEED =
      new ArchCondition<>("have the fixed seed") {
        @Override
        public void check(JavaMethod method, ConditionEvents events) {
          String seed = method.getAnnotationOfType(Property.class).seed();
          boolean fixed = !seed.isEmpty() && seed.equals(PropertySeed.FIXED);
          events.add(
              new SimpleConditionEvent(
                  method, fixed, method.getFullName() + " has '" + seed + "'"));
        }
      };

  @Test
  void every_property_draws_the_same_values_on_every_run() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .importPackages("io.espalier.worker");

    methods().that().areAnnotatedWith(Property.class).should(HAVE_THE_FIXED_SEED).check(classes);
  }
}
