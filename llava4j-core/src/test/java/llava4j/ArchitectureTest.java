package llava4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  private static final int MAX_SOURCE_LINES = 450;

  /// What each package may use, as ARCHITECTURE.md draws it. Those not named here (model, generate)
  /// are held by the rule against cycles alone.
  private static final Map<String, List<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("error", List.of()),
          Map.entry("tensor", List.of("error")),
          Map.entry("image", List.of("error")),
          Map.entry("text", List.of("error")),
          Map.entry("quant", List.of("error", "tensor")),
          Map.entry("config", List.of("error", "tensor", "image")),
          Map.entry("checkpoint", List.of("error", "tensor", "image", "text", "config")),
          Map.entry("model", List.of("error", "tensor", "image", "quant", "config", "checkpoint")),
          Map.entry(
              "generate", List.of("error", "tensor", "text", "config", "model", "checkpoint")));

  private JavaClasses main;

  @BeforeAll
  void readClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j");
    assertThat(main).as("classes of llava4j-core").isNotEmpty();
  }

  @Test
  void packagesFormNoCycle() {
    check(slices().matching("llava4j.(*)..").should().beFreeOfCycles());
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    new TreeMap<>(ALLOWED)
        .forEach((name, below) -> {
          String[] others =
              Stream.concat(below.stream(), Stream.of(name))
                  .map(allowed -> "llava4j." + allowed + "..")
                  .toArray(String[]::new);
          check(
              noClasses()
                  .that()
                  .resideInAPackage("llava4j." + name + "..")
                  .should()
                  .dependOnClassesThat(
                      describe(
                          "packages of llava4j other than " + below,
                          (JavaClass used) ->
                              used.getPackageName().startsWith("llava4j")
                                  && not(JavaClass.Predicates.resideInAnyPackage(others))
                                      .test(used))));
        });
  }

  @Test
  void imagesAndTextDoNotTouchTheEngine() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("llava4j.image..", "llava4j.text..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.."));
  }

  @Test
  void onlyQuantTouchesTheVectorModule() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("llava4j.quant..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector.."));
  }

  @Test
  void noClassHasANameThatSaysNothing() {
    check(
        noClasses()
            .should()
            .haveNameMatching("(.*[.$])?[A-Za-z0-9]*(Utils?|Managers?|Helpers?|Impl)"));
  }

  @Test
  void noStaticFieldCanChange() {
    check(
        fields()
            .that()
            .areStatic()
            .and(describe("are written by us", (JavaField field) -> isWritten(field)))
            .should()
            .beFinal());
  }

  @Test
  void onlyTheCommandLineEndsTheProcess() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("llava4j.cli..")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class));
  }

  @Test
  void nobodyUsesJavaUtilLogging() {
    check(NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING);
  }

  @Test
  void sourceFilesStayShort() throws IOException {
    Map<String, Long> tooLong = new TreeMap<>();
    long files = 0;
    try (Stream<Path> modules = Files.list(Path.of("").toAbsolutePath().getParent())) {
      List<Path> sources =
          modules.map(module -> module.resolve("src")).filter(Files::isDirectory).toList();
      for (Path source : sources) {
        try (Stream<Path> tree = Files.walk(source)) {
          for (Path file : tree.filter(path -> path.toString().endsWith(".java")).toList()) {
            files++;
            try (Stream<String> lines = Files.lines(file)) {
              long count = lines.count();
              if (count > MAX_SOURCE_LINES) {
                tooLong.put(file.toString(), count);
              }
            }
          }
        }
      }
    }
    assertThat(files).as("source files seen").isPositive();
    assertThat(tooLong).as("files of more than " + MAX_SOURCE_LINES + " lines").isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    Path sources = Path.of("src/main/java");
    try (Stream<Path> tree = Files.walk(sources)) {
      List<Path> silent =
          tree.filter(Files::isDirectory)
              .filter(ArchitectureTest::holdsSources)
              .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
              .toList();
      assertThat(silent).as("packages without package-info.java").isEmpty();
    }
  }

  private static boolean holdsSources(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".java"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The compiler writes some static fields itself, such as the table of a switch over an enum.
  private static boolean isWritten(JavaField field) {
    return !field.getModifiers().contains(JavaModifier.SYNTHETIC);
  }

  /// Packages grow with the project, so a rule may find nothing to judge yet.
  private void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(main);
  }
}
