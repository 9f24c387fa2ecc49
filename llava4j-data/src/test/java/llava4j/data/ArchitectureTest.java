package llava4j.data;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import java.util.List;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Checks the rules of ARCHITECTURE.md for llava4j-data that can be checked automatically.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  ArchitectureTest() {
    super(4, "llava4j.data");
  }

  @Test
  void samplesNeedOfTheCoreOnlyErrorsAndWholeFiles() {
    requireOfTheCore("llava4j.data", List.of("llava4j.error", "llava4j.io"));
  }

  @Test
  void mixturesAlsoReadPickles() {
    requireOfTheCore(
        "llava4j.data.mixture..", List.of("llava4j.error", "llava4j.io", "llava4j.pickle"));
  }

  @Test
  void packagesOfRegistriesNeedOnlyErrorsAndDigests() {
    requireOfTheCore("llava4j.data.fetch", List.of("llava4j.error", "llava4j.io"));
  }

  @Test
  void checksAlsoDecodeImages() {
    requireOfTheCore("llava4j.data.check", List.of("llava4j.error", "llava4j.io", "llava4j.image"));
  }

  @Test
  void statisticsAlsoKnowPrompts() {
    requireOfTheCore(
        "llava4j.data.stats", List.of("llava4j.error", "llava4j.image", "llava4j.text"));
  }

  @Test
  void whatIsForMixturesChecksAndStatisticsStandsSideBySide() {
    requireApart("llava4j.data", "llava4j.data.(*)..");
    requireApart("llava4j.data.check", "llava4j.data.stats..", "llava4j.data.mixture..");
    requireApart("llava4j.data.stats", "llava4j.data.check..", "llava4j.data.mixture..");
    requireApart("llava4j.data.mixture..", "llava4j.data.fetch..");
    requireApart("llava4j.data.fetch", "llava4j.data.mixture..");
  }

  @Test
  void samplesAreReadWithoutTheEngine() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..").check(main());
  }

  @Test
  void onlyTheStatisticsDraw() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.data.stats")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.awt..")
        .check(main());
  }

  @Test
  void onlyWhatDrawsOrMeasuresDecodesImagesItself() {
    noClasses()
        .that()
        .resideOutsideOfPackages("llava4j.data.stats", "llava4j.data.mixture.source")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("javax.imageio..")
        .check(main());
  }

  private void requireApart(String one, String... others) {
    noClasses()
        .that()
        .resideInAPackage(one)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .check(main());
  }

  private void requireOfTheCore(String name, List<String> allowed) {
    noClasses()
        .that()
        .resideInAPackage(name)
        .should()
        .dependOnClassesThat(
            describe(
                "packages of llava4j other than data and " + allowed,
                type ->
                    type.getPackageName().startsWith("llava4j.")
                        && !type.getPackageName().startsWith("llava4j.data")
                        && allowed.stream().noneMatch(one -> isWithin(type.getPackageName(), one))))
        .check(main());
  }
}
