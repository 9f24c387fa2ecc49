package llava4j.experiment.report;

import java.util.List;
import java.util.stream.Collectors;

/// Writes blocks as one HTML page without other files.
final class HtmlText {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>TITLE</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
      table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 14px; }
      th, td { border: 1px solid #bbb; padding: 0.25em 0.6em; text-align: left; vertical-align: top; }
      th { background: #eee; }
      svg { max-width: 100%; height: auto; background: #fff; }
      @media (prefers-color-scheme: dark) {
        body { background: #161616; color: #e4e4e4; }
        th { background: #2a2a2a; }
      }
      </style>
      </head>
      <body>
      """;

  private HtmlText() {}

  static String of(String title, List<Block> blocks) {
    return HEAD.replace("TITLE", escaped(title))
        + blocks.stream().map(HtmlText::of).collect(Collectors.joining("\n"))
        + "\n</body>\n</html>\n";
  }

  private static String of(Block block) {
    return switch (block) {
      case Block.Heading(int level, String text) ->
          "<h" + level + ">" + inline(text) + "</h" + level + ">";
      case Block.Paragraph(String text) -> "<p>" + inline(text) + "</p>";
      case Block.Bullets(List<String> items) ->
          items.stream()
              .map(item -> "<li>" + inline(item) + "</li>")
              .collect(Collectors.joining("\n", "<ul>\n", "\n</ul>"));
      case Block.Table(List<String> head, List<List<String>> rows) ->
          "<table>\n"
              + row("th", head)
              + rows.stream().map(row -> row("td", row)).collect(Collectors.joining())
              + "</table>";
      case Block.Drawing(String svg, String _, String _) -> "<p>" + svg + "</p>";
    };
  }

  private static String row(String tag, List<String> cells) {
    return cells.stream()
        .map(cell -> "<" + tag + ">" + inline(cell) + "</" + tag + ">")
        .collect(Collectors.joining("", "<tr>", "</tr>\n"));
  }

  /// Bold and code as in the Markdown.
  private static String inline(String text) {
    return escaped(text)
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<b>$1</b>")
        .replaceAll("`([^`]+)`", "<code>$1</code>");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
