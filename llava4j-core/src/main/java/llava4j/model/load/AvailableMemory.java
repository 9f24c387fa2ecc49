package llava4j.model.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.MemoryShortageException;
import llava4j.tensor.NativeHeap;

/// Memory that this process can still allocate: the smaller of the machine's free memory and the
/// rest of the limits of its control groups (versions 1 and 2). File pages count as free in both,
/// because the system can drop them.
///
/// @param root of the file system that holds `proc` and `sys`
public record AvailableMemory(Path root) {
  private static final Pattern MEM_AVAILABLE =
      Pattern.compile("^MemAvailable:\\s+(\\d+) kB", Pattern.MULTILINE);

  /// Limits from this value on mean no limit; version 1 writes the largest number of whole pages.
  private static final long UNLIMITED = 1L << 60;

  /// The file names of one version of control groups.
  private record Names(String limit, String usage, String inactiveFile, String activeFile) {}

  private static final Names VERSION_2 =
      new Names("memory.max", "memory.current", "inactive_file", "active_file");
  private static final Names VERSION_1 =
      new Names(
          "memory.limit_in_bytes",
          "memory.usage_in_bytes",
          "total_inactive_file",
          "total_active_file");

  /// The memory of the running process.
  public static AvailableMemory ofThisProcess() {
    return new AvailableMemory(Path.of("/"));
  }

  /// Checks whether the memory suffices. Freed memory that the process keeps for the next request
  /// counts as used, so it is given back before a check fails for good.
  ///
  /// @param check of so many bytes
  /// @throws MemoryShortageException that of the check
  public void require(LongConsumer check) {
    try {
      check.accept(bytes());
    } catch (MemoryShortageException e) {
      new NativeHeap().giveBackFree();
      check.accept(bytes());
    }
  }

  /// In bytes; [Long#MAX_VALUE] if unknown.
  public long bytes() {
    return Math.min(machine(), groups());
  }

  /// Whether the limit of a control group leaves less than the machine does.
  public boolean isLimitedByGroup() {
    return groups() < machine();
  }

  private long machine() {
    return text(root.resolve("proc/meminfo"))
        .map(MEM_AVAILABLE::matcher)
        .filter(Matcher::find)
        .map(matcher -> Long.parseLong(matcher.group(1)) * 1024)
        .orElse(Long.MAX_VALUE);
  }

  private long groups() {
    long least = Long.MAX_VALUE;
    for (String line : text(root.resolve("proc/self/cgroup")).orElse("").split("\n", -1)) {
      String[] parts = line.split(":", 3); // number:controllers:path
      if (parts.length < 3) {
        continue;
      }
      if (parts[1].isEmpty()) {
        least = Math.min(least, left(root.resolve("sys/fs/cgroup"), parts[2], VERSION_2));
      } else if (",".concat(parts[1]).concat(",").contains(",memory,")) {
        least = Math.min(least, left(root.resolve("sys/fs/cgroup/memory"), parts[2], VERSION_1));
      }
    }
    return least;
  }

  /// The smallest rest of the limits of a group and its parents. In a container, the path may be
  /// that of the host; then the container's own group is the mount itself.
  private static long left(Path mount, String path, Names files) {
    long least = left(mount, files); // also if the path leads out of it, such as /../..
    Path group = mount.resolve(path.replaceFirst("^/+", "")).normalize();
    while (group != null && group.startsWith(mount) && !group.equals(mount)) {
      least = Math.min(least, left(group, files));
      group = group.getParent();
    }
    return least;
  }

  private static long left(Path group, Names files) {
    OptionalLong limit = number(group.resolve(files.limit()));
    OptionalLong usage = number(group.resolve(files.usage()));
    if (limit.isEmpty() || limit.getAsLong() >= UNLIMITED || usage.isEmpty()) {
      return Long.MAX_VALUE;
    }
    String statistics = text(group.resolve("memory.stat")).orElse("");
    long pagesOfFiles =
        statistic(statistics, files.inactiveFile()) + statistic(statistics, files.activeFile());
    return Math.max(0, limit.getAsLong() - Math.max(0, usage.getAsLong() - pagesOfFiles));
  }

  private static long statistic(String statistics, String name) {
    Matcher matcher =
        Pattern.compile("^" + name + " (\\d{1,18})$", Pattern.MULTILINE).matcher(statistics);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /// The number in a file; empty for `max`.
  private static OptionalLong number(Path file) {
    return text(file)
        .map(String::strip)
        .filter(text -> text.matches("\\d{1,18}|9\\d{18}"))
        .map(text -> OptionalLong.of(Long.parseLong(text)))
        .orElse(OptionalLong.empty());
  }

  private static Optional<String> text(Path file) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty(); // it was removed, or this system has no such file
    }
  }
}
