package llava4j.eval;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md for evaluation that a machine can hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  ArchitectureTest() {
    super(40, "llava4j.eval");
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.eval.(*)..").should().beFreeOfCycles().check(main());
  }

  @Test
  void metricsKnowNeitherFilesNorModels() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.eval.metric")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "llava4j.eval.task", "llava4j.eval.judge", "java.nio.file..", "llava4j.model..")
        .check(main());
  }

  @Test
  void tasksKnowNoModel() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.eval.task")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("llava4j", "llava4j.model..", "llava4j.generate..", "org.bytedeco..")
        .check(main());
  }
}
