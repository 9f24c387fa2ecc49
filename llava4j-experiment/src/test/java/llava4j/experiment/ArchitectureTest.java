package llava4j.experiment;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-experiment.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  private static final Map<String, List<String>> ALLOWED =
      Map.of(
          "design", List.of(),
          "miniature", List.of(),
          "catalogue", List.of("design"),
          "ledger", List.of("design"),
          "judge", List.of("design", "ledger"),
          "report", List.of("design", "ledger", "judge"),
          "work", List.of("design", "ledger"));

  ArchitectureTest() {
    super(30, "llava4j.experiment");
  }

  /// A package that is not in the table would be free.
  @Test
  void everyPackageHasItsPlace() {
    assertThat(main())
        .extracting(JavaClass::getPackageName)
        .allMatch(name ->
            name.equals("llava4j.experiment")
                || ALLOWED.containsKey(name.substring("llava4j.experiment.".length())));
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    requireLayers("llava4j.experiment", ALLOWED);
  }

  @Test
  void noTensorIsTouchedHere() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.bytedeco..").check(main());
  }
}
