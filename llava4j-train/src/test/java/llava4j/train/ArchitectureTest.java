package llava4j.train;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-train.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  private JavaClasses main;

  @BeforeAll
  void readClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j.train");
    assertThat(main).as("classes of the module").hasSizeGreaterThan(40);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.train.(*)..").should().beFreeOfCycles().check(main);
  }

  /// The packages below `llava4j.train` are its parts: `llava4j.train` puts them together, so they
  /// do not know it. Reports are made of its records.
  @Test
  void partsDoNotKnowTheWhole() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "llava4j.train.batch",
            "llava4j.train.distributed",
            "llava4j.train.optim",
            "llava4j.train.shard",
            "llava4j.train.state")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llava4j.train")
        .check(main);
  }

  @Test
  void nothingThatIsTrainedKnowsItsReports() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.train.report")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llava4j.train.report")
        .check(main);
  }

  @Test
  void onlyReportsDraw() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.train.report")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.knowm.xchart..", "java.awt..", "com.google.protobuf..")
        .check(main);
  }

  @Test
  void noClassHasANameThatSaysNothing() {
    noClasses()
        .should()
        .haveNameMatching("(.*[.$])?[A-Za-z0-9]*(Utils?|Managers?|Helpers?|Impl)")
        .check(main);
  }

  /// The compiler writes some static fields itself, such as the table of a switch over an enum.
  @Test
  void noStaticFieldCanChange() {
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
  }

  @Test
  void noStaticFieldHoldsWhatChanges() {
    fields()
        .that()
        .areStatic()
        .and(
            describe(
                "are written by us",
                (JavaField field) -> !field.getModifiers().contains(JavaModifier.SYNTHETIC)))
        .should()
        .notHaveRawType(
            describe(
                "a collection that is made to be changed",
                type ->
                    type.getPackageName().startsWith("java.util.concurrent")
                        || List.of("ArrayList", "HashMap", "TreeMap", "HashSet", "LinkedHashMap")
                            .contains(type.getSimpleName())))
        .check(main);
  }

  @Test
  void nobodyEndsTheProcess() {
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(main);
  }

  @Test
  void nobodyUsesJavaUtilLogging() {
    NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(main);
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    List<Path> packages;
    try (Stream<Path> tree = Files.walk(Path.of("src/main/java"))) {
      packages =
          tree.filter(path -> path.toString().endsWith(".java"))
              .map(Path::getParent)
              .distinct()
              .toList();
    }
    assertThat(packages)
        .isNotEmpty()
        .allMatch(folder -> Files.exists(folder.resolve("package-info.java")));
  }
}
