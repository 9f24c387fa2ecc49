package llava4j.train;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import java.util.List;
import java.util.Map;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-train.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  /// The packages below `llava4j.train` are its parts: `llava4j.train` puts them together, so they
  /// do not know it. Reports alone are made of its records.
  private static final Map<String, List<String>> ALLOWED =
      Map.of(
          "batch", List.of(),
          "optim", List.of(),
          "distributed", List.of(),
          "shard", List.of("distributed", "optim"),
          "state", List.of("distributed", "shard"));

  ArchitectureTest() {
    super(40, "llava4j.train");
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.train.(*)..").should().beFreeOfCycles().check(main());
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    requireLayers("llava4j.train", ALLOWED);
  }

  @Test
  void nothingThatIsTrainedKnowsItsReports() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.train.report")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llava4j.train.report")
        .check(main());
  }

  @Test
  void onlyReportsDraw() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.train.report")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.knowm.xchart..", "java.awt..", "com.google.protobuf..")
        .check(main());
  }
}
