package llava4j.tiny;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-tiny.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  private static final Map<String, List<String>> ALLOWED =
      Map.of("data", List.of(), "model", List.of(), "train", List.of("model"));

  ArchitectureTest() {
    super(30, "llava4j.tiny");
  }

  /// A package that is not in the table would be free.
  @Test
  void everyPackageHasItsPlace() {
    assertThat(main())
        .extracting(JavaClass::getPackageName)
        .allMatch(name -> ALLOWED.containsKey(name.substring("llava4j.tiny.".length())));
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    requireLayers("llava4j.tiny", ALLOWED);
  }

  @Test
  void theSmallMixtureNeedsOfOursOnlyDataAndErrors() {
    requireOfOurs("llava4j.tiny.data", List.of("llava4j.data", "llava4j.error"));
  }

  @Test
  void theSmallMixtureIsMadeWithoutTheEngine() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.tiny.data")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .check(main());
  }

  /// Of the training it has random values, and what switches gradients off.
  @Test
  void firstWeightsKnowNoRun() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.tiny.model")
        .should()
        .dependOnClassesThat(inOthersThan("llava4j.train", List.of("llava4j.train.model")))
        .check(main());
  }

  /// Jobs and loops are the caller's.
  @Test
  void stagesAreOfThePartsOfTheTraining() {
    noClasses().should().dependOnClassesThat().resideInAPackage("llava4j.train").check(main());
  }

  @Test
  void onlyTheSmallMixtureDraws() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.tiny.data")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.awt..", "javax.imageio..")
        .check(main());
  }

  private void requireOfOurs(String name, List<String> allowed) {
    noClasses()
        .that()
        .resideInAPackage(name)
        .should()
        .dependOnClassesThat(
            inOthersThan("llava4j", Stream.concat(Stream.of(name), allowed.stream()).toList()))
        .check(main());
  }

  private static DescribedPredicate<JavaClass> inOthersThan(String root, List<String> allowed) {
    return describe(
        "packages of " + root + " other than " + allowed,
        type ->
            isWithin(type.getPackageName(), root)
                && allowed.stream().noneMatch(one -> isWithin(type.getPackageName(), one)));
  }
}
