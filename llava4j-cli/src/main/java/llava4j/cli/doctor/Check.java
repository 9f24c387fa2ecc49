package llava4j.cli.doctor;

import java.util.List;

/// One thing that is examined.
interface Check {
  /// One word for the report.
  String name();

  /// Examines it. What it throws is a fault, too: see [Examination].
  List<Finding> run();
}
