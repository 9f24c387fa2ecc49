package llava4j.train;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Checks the rules of ARCHITECTURE.md for llava4j-train that can be checked automatically.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  /// Packages below `llava4j.train` must not use `llava4j.train`, which wires them together. Only
  /// the reports use its records.
  private static final Map<String, List<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("batch", List.of()),
          Map.entry("optim", List.of()),
          Map.entry("distributed", List.of()),
          Map.entry("shard", List.of("distributed", "optim")),
          Map.entry("state", List.of("distributed", "shard")),
          Map.entry("config", List.of("batch", "optim", "shard")),
          Map.entry("model", List.of("batch", "config", "shard")),
          Map.entry("vision", List.of("batch", "config", "model")),
          Map.entry("export", List.of("config", "shard", "state")),
          Map.entry("forecast", List.of("batch", "config", "model", "shard")),
          Map.entry("plan", List.of("config", "forecast", "model", "shard")));

  ArchitectureTest() {
    super(40, "llava4j.train");
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.train.(*)..").should().beFreeOfCycles().check(main());
  }

  /// A package that is missing in the table would not be checked.
  @Test
  void everyPackageHasItsPlace() {
    assertThat(main())
        .extracting(JavaClass::getPackageName)
        .allMatch(name ->
            name.equals("llava4j.train")
                || name.equals("llava4j.train.report")
                || ALLOWED.containsKey(name.substring("llava4j.train.".length())));
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
