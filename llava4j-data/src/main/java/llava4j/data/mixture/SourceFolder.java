package llava4j.data.mixture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;

/// The files of several sources, all of which exist.
///
/// @param files for each source, the files of each of its needs
record SourceFolder(Map<MixtureSource, List<List<Path>>> files) {

  /// Finds every file before anything is read.
  ///
  /// @throws BadInputException if files are missing; the message names each of them and where it is
  ///   published
  static SourceFolder locate(Path folder, List<MixtureSource> sources) {
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(
          folder + " is not a folder; choose the folder with the sources' files");
    }
    Map<MixtureSource, List<List<Path>>> files = new EnumMap<>(MixtureSource.class);
    List<String> missing = new ArrayList<>();
    for (MixtureSource source : sources) {
      List<List<Path>> found = new ArrayList<>();
      List<String> absent = new ArrayList<>();
      for (FileNeed need : FileNeed.of(source)) {
        Optional<List<Path>> form = need.find(folder);
        form.ifPresentOrElse(found::add, () -> absent.add(need.describe()));
      }
      files.put(source, found);
      if (!absent.isEmpty()) {
        missing.add(String.join(", ", absent) + " (from " + source.site() + ")");
      }
    }
    if (!missing.isEmpty()) {
      throw new BadInputException(
          folder
              + " does not contain "
              + String.join("; ", missing)
              + "; put the files there, or build only some sources with --only");
    }
    return new SourceFolder(files);
  }

  /// The files of one need of a source.
  ///
  /// @param need index of the need
  List<Path> of(MixtureSource source, int need) {
    return files.get(source).get(need);
  }
}
