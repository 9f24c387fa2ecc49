package llava4j.experiment.report;

import java.util.List;

/// A part of a report.
sealed interface Block {

  record Heading(int level, String text) implements Block {}

  record Paragraph(String text) implements Block {}

  record Bullets(List<String> items) implements Block {}

  /// @param rows cells of each row, as many as in the head
  record Table(List<String> head, List<List<String>> rows) implements Block {}

  /// A drawing.
  ///
  /// @param file its name beside the Markdown
  record Drawing(String svg, String file, String description) implements Block {}
}
