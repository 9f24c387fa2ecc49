package llava4j.checkpoint.gguf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;

/// Files that were split into parts by llama.cpp's `gguf-split`: `NAME-00001-of-00003.gguf` and so
/// on. The first part has the metadata; each part has some of the tensors.
public final class GgufSplit {
  static final String COUNT = "split.count";
  private static final String NUMBER = "split.no";
  private static final String TENSORS = "split.tensors.count";
  private static final int MAX_PARTS = 10_000;
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})(\\.gguf)?");

  private GgufSplit() {}

  /// Whether a file is a part of a split file other than the first.
  public static boolean isLaterPart(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() && !name.group(2).equals("00001");
  }

  /// The name of a split file without the part number.
  public static String withoutNumber(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? matcher.group(1) : name;
  }

  /// The first part with the tensors of all parts. Takes ownership of `part`.
  static GgufFile join(GgufFile part) {
    List<GgufFile> opened = new ArrayList<>(List.of(part));
    try {
      long count = part.metadata().findWhole(COUNT).orElseThrow();
      List<Path> paths = paths(part.path(), count);
      requireAll(paths);
      GgufFile first = null;
      for (int i = 0; i < paths.size(); i++) {
        GgufFile next = openOnce(paths.get(i), part, opened);
        requirePart(next, i, count);
        if (first == null) {
          first = next;
        } else {
          first.add(next);
        }
      }
      requireTensors(first);
      return first;
    } catch (RuntimeException e) {
      CloseAll.after(e, opened);
      throw e;
    }
  }

  private static GgufFile openOnce(Path path, GgufFile given, List<GgufFile> opened) {
    if (path.equals(given.path())) {
      return given;
    }
    GgufFile next = GgufFile.openPart(path);
    opened.add(next);
    return next;
  }

  private static List<Path> paths(Path part, long count) {
    Matcher name = NAME.matcher(part.getFileName().toString());
    if (!name.matches() || Long.parseLong(name.group(3)) != count || count > MAX_PARTS) {
      throw new BadInputException(
          part
              + " is one of "
              + count
              + " parts of a split GGUF file, but is not called NAME-00001-of-"
              + String.format(Locale.ROOT, "%05d", count)
              + ".gguf; restore the names of the parts");
    }
    int number = Integer.parseInt(name.group(2));
    if (number < 1 || number > count) {
      throw new BadInputException(
          part
              + " is numbered "
              + name.group(2)
              + ", but the parts of a split GGUF file are numbered from 00001 to "
              + name.group(3)
              + "; restore its name");
    }
    List<Path> paths = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      String ending = name.group(4) == null ? "" : name.group(4);
      paths.add(
          part.resolveSibling(
              name.group(1) + String.format(Locale.ROOT, "-%05d-of-%05d", i, count) + ending));
    }
    return paths;
  }

  private static void requireAll(List<Path> paths) {
    for (Path path : paths) {
      if (!Files.isRegularFile(path)) {
        throw new BadInputException(
            path
                + " is missing: all parts of a split GGUF file must be in the same folder; download it");
      }
    }
  }

  private static void requirePart(GgufFile part, int number, long count) {
    long found = part.metadata().findWhole(NUMBER).orElse(-1);
    if (found != number || part.metadata().findWhole(COUNT).orElse(-1) != count) {
      throw new BadInputException(
          part.path()
              + " says that it is part "
              + (found + 1)
              + " of "
              + part.metadata().findWhole(COUNT).orElse(-1)
              + "; restore the names of the parts, or download them again");
    }
  }

  private static void requireTensors(GgufFile whole) {
    long expected = whole.metadata().findWhole(TENSORS).orElse(whole.tensors().size());
    if (expected != whole.tensors().size()) {
      throw new BadInputException(
          whole.path()
              + " and its parts have "
              + whole.tensors().size()
              + " tensors, but the first part announces "
              + expected
              + "; download them again");
    }
  }
}
