package llava4j.data;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
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

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-data.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  private JavaClasses main;

  @BeforeAll
  void readClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j.data");
    assertThat(main).as("classes of the module").hasSizeGreaterThan(4);
  }

  @Test
  void ofTheCoreOnlyErrorsAreUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            describe(
                "packages of llava4j other than data and error",
                type ->
                    type.getPackageName().startsWith("llava4j.")
                        && !type.getPackageName().startsWith("llava4j.data")
                        && !type.getPackageName().equals("llava4j.error")))
        .check(main);
  }

  @Test
  void samplesAreReadWithoutTheEngine() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.bytedeco..", "java.awt..")
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
