package llava4j.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
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
import com.tngtech.archunit.lang.syntax.elements.GivenFieldsConjunction;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of ARCHITECTURE.md that hold in every module. A module's own test inherits them and
/// adds what holds there alone.
public abstract class HouseRules {
  private final JavaClasses main;

  /// @param least how many classes the module has at least, so that no rule judges nothing
  /// @param packages the module's roots
  protected HouseRules(int least, String... packages) {
    this.main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(packages);
    assertThat(main).as("classes of the module").hasSizeGreaterThan(least);
  }

  /// The module's classes, tests left out.
  protected final JavaClasses main() {
    return main;
  }

  /// Packages below `root` use of each other only what is listed for them; those that are not
  /// listed are free.
  protected final void requireLayers(String root, Map<String, List<String>> allowed) {
    new TreeMap<>(allowed)
        .forEach((name, below) -> {
          List<String> known =
              Stream.concat(below.stream(), Stream.of(name))
                  .map(other -> root + "." + other)
                  .toList();
          noClasses()
              .that()
              .resideInAPackage(root + "." + name + "..")
              .should()
              .dependOnClassesThat(
                  describe(
                      "packages of " + root + " other than " + below,
                      (JavaClass used) ->
                          isWithin(used.getPackageName(), root)
                              && known.stream()
                                  .noneMatch(one -> isWithin(used.getPackageName(), one))))
              .check(main);
        });
  }

  /// Every package by itself, so that rooms within a package are held too.
  @Test
  void noTwoPackagesNeedEachOther() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass one) {
                return SliceIdentifier.of(one.getPackageName());
              }

              @Override
              public String getDescription() {
                return "packages";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(main);
  }

  @Test
  void noClassHasANameThatSaysNothing() {
    noClasses()
        .should()
        .haveNameMatching("(.*[.$])?[A-Za-z0-9]*(Utils?|Managers?|Helpers?|Impl)")
        .check(main);
  }

  @Test
  void noStaticFieldCanChange() {
    staticFields().should().beFinal().allowEmptyShould(true).check(main);
  }

  @Test
  void noStaticFieldHoldsWhatChanges() {
    staticFields()
        .should()
        .notHaveRawType(
            describe(
                "a collection that is made to be changed",
                type ->
                    type.getPackageName().startsWith("java.util.concurrent")
                        || List.of("ArrayList", "HashMap", "TreeMap", "HashSet", "LinkedHashMap")
                            .contains(type.getSimpleName())))
        .allowEmptyShould(true)
        .check(main);
  }

  /// Only the command line does, and it is in no module that inherits this.
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

  /// The compiler writes some static fields itself, such as the table of a switch over an enum.
  private static GivenFieldsConjunction staticFields() {
    return fields()
        .that()
        .areStatic()
        .and(
            describe(
                "are written by us",
                (JavaField field) -> !field.getModifiers().contains(JavaModifier.SYNTHETIC)));
  }

  protected static boolean isWithin(String name, String root) {
    return name.equals(root) || name.startsWith(root + ".");
  }
}
