package llava4j.train;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md for data and training that a machine can hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  /// What each package of training may use of the others. The root uses all but report.
  private static final Map<String, List<String>> ALLOWED =
      Map.of(
          "batch", List.of(),
          "optim", List.of(),
          "distributed", List.of(),
          "shard", List.of("distributed", "optim"),
          "state", List.of("distributed", "shard"));

  private JavaClasses main;

  @BeforeAll
  void readClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j.data", "llava4j.train");
    assertThat(main.contain(Trainer.class)).isTrue();
    assertThat(main.contain(llava4j.data.SampleFile.class)).isTrue();
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.train.(*)..").should().beFreeOfCycles().check(main);
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    new TreeMap<>(ALLOWED)
        .forEach((name, below) -> {
          List<String> known =
              Stream.concat(below.stream(), Stream.of(name))
                  .map(other -> "llava4j.train." + other)
                  .toList();
          noClasses()
              .that()
              .resideInAPackage("llava4j.train." + name)
              .should()
              .dependOnClassesThat(
                  describe(
                      "packages of training other than " + below,
                      (JavaClass used) ->
                          used.getPackageName().startsWith("llava4j.train")
                              && !known.contains(used.getPackageName())))
              .check(main);
        });
  }

  @Test
  void dataStandsBelowTrainingAndAwayFromTheEngine() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.data..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("llava4j.train..", "org.bytedeco..")
        .check(main);
  }

  @Test
  void runsDoNotKnowTheirReports() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.train.report")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llava4j.train.report")
        .check(main);
  }

  @Test
  void noStaticFieldCanChangeAndNobodyEndsTheProcess() {
    fields()
        .that()
        .areStatic()
        .and(
            describe(
                "are written by us",
                (JavaField field) -> !field.getModifiers().contains(JavaModifier.SYNTHETIC)))
        .should()
        .beFinal()
        .check(main);
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(main);
  }

  @Test
  void noClassHasANameThatSaysNothing() {
    noClasses()
        .should()
        .haveNameMatching("(.*[.$])?[A-Za-z0-9]*(Utils?|Managers?|Helpers?|Impl)")
        .check(main);
  }
}
