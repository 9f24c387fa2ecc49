package llava4j.spring.boot;

import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-spring-boot-starter.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  ArchitectureTest() {
    super(7, "llava4j.spring.boot");
  }
}
