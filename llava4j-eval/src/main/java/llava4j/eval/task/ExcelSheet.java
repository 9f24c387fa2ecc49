package llava4j.eval.task;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llava4j.error.BadInputException;
import org.dhatim.fastexcel.Workbook;
import org.dhatim.fastexcel.Worksheet;

/// Writes one Excel sheet. A text that begins with `=` stays a text and is not a formula.
final class ExcelSheet {
  private ExcelSheet() {}

  /// @param rows cells: null, text or number
  static Path write(Path file, String name, List<List<Object>> rows) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (OutputStream out = Files.newOutputStream(file);
          Workbook book = new Workbook(out, "llava4j", "1.0")) {
        Worksheet sheet = book.newWorksheet(name);
        for (int row = 0; row < rows.size(); row++) {
          for (int column = 0; column < rows.get(row).size(); column++) {
            Object cell = rows.get(row).get(column);
            if (cell instanceof Number number) {
              sheet.value(row, column, number);
            } else if (cell != null) {
              sheet.value(row, column, cell.toString());
            }
          }
        }
      }
      return file;
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
