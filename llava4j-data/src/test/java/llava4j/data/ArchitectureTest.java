package llava4j.data;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import java.util.List;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-data.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  ArchitectureTest() {
    super(4, "llava4j.data");
  }

  @Test
  void ofTheCoreOnlyErrorsAndPicklesAreUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            describe(
                "packages of llava4j other than data, error and pickle",
                type ->
                    type.getPackageName().startsWith("llava4j.")
                        && !type.getPackageName().startsWith("llava4j.data")
                        && !List.of("llava4j.error", "llava4j.pickle")
                            .contains(type.getPackageName())))
        .check(main());
  }

  @Test
  void samplesAreReadWithoutTheEngine() {
    noClasses().should().dependOnClassesThat().resideInAnyPackage("org.bytedeco..").check(main());
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.data.tiny") // which draws
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.awt..")
        .check(main());
  }
}
