package llava4j.server;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  private static final Map<String, List<String>> ALLOWED =
      Map.of(
          "request", List.of(),
          "engine", List.of("request"),
          "http", List.of("request"),
          "openai", List.of("request", "engine", "http"),
          "ollama", List.of("request", "engine", "http"));

  ArchitectureTest() {
    super(30, "llava4j.server");
  }

  /// A package that is not in the table would be free.
  @Test
  void everyPackageHasItsPlace() {
    assertThat(main())
        .extracting(JavaClass::getPackageName)
        .allMatch(name ->
            name.equals("llava4j.server")
                || ALLOWED.containsKey(name.substring("llava4j.server.".length())));
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    requireLayers("llava4j.server", ALLOWED);
  }

  @Test
  void onlyOnePackageKnowsTheHttpLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.server.http")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..", "io.netty..")
        .check(main());
  }

  /// Of core, connections and bodies know the exception for a user's mistake.
  @Test
  void connectionsKnowNoModel() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.server.http")
        .should()
        .dependOnClassesThat(
            describe(
                "core but for errors",
                type ->
                    isWithin(type.getPackageName(), "llava4j")
                        && !isWithin(type.getPackageName(), "llava4j.server")
                        && !isWithin(type.getPackageName(), "llava4j.error")))
        .check(main());
  }
}
