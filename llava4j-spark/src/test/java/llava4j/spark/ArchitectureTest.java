package llava4j.spark;

import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold, for llava4j-spark.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  ArchitectureTest() {
    super(12, "llava4j.spark");
  }
}
