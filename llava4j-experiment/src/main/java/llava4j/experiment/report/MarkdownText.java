package llava4j.experiment.report;

import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/// Writes blocks as Markdown.
final class MarkdownText {
  private MarkdownText() {}

  static String of(List<Block> blocks) {
    return blocks.stream().map(MarkdownText::of).collect(Collectors.joining("\n\n", "", "\n"));
  }

  private static String of(Block block) {
    return switch (block) {
      case Block.Heading(int level, String text) -> "#".repeat(level) + " " + text;
      case Block.Paragraph(String text) -> text;
      case Block.Bullets(List<String> items) ->
          items.stream().map(item -> "- " + item).collect(Collectors.joining("\n"));
      case Block.Table(List<String> head, List<List<String>> rows) ->
          row(head)
              + "\n"
              + "|"
              + String.join("|", Collections.nCopies(head.size(), "---"))
              + "|\n"
              + rows.stream().map(MarkdownText::row).collect(Collectors.joining("\n"));
      case Block.Drawing(String _, String file, String description) ->
          "![" + description + "](" + file + ")";
    };
  }

  private static String row(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }
}
