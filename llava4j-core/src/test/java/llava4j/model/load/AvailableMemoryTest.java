package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import llava4j.error.MemoryShortageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against files as the kernel writes them.
class AvailableMemoryTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path root;

  @Test
  void withoutGroupsTheMachineDecides() throws IOException {
    machine(10);
    assertThat(available()).isEqualTo(10 * GIB);
  }

  @Test
  void withoutAnyFileThereIsNoLimit() {
    assertThat(available()).isEqualTo(Long.MAX_VALUE);
  }

  /// What was freed and kept counts as used until it is given back.
  @Test
  void aCheckThatFailsIsMadeAgainOnceFreedMemoryIsGivenBack() throws IOException {
    machine(10);
    List<Long> seen = new ArrayList<>();
    LongConsumer failsOnce =
        bytes -> {
          seen.add(bytes);
          if (seen.size() == 1) {
            throw new MemoryShortageException("first");
          }
        };
    new AvailableMemory(root).require(failsOnce);
    assertThat(seen).containsExactly(10 * GIB, 10 * GIB);
    assertThatThrownBy(() ->
            new AvailableMemory(root)
                .require(_ -> {
                  throw new MemoryShortageException("always");
                }))
        .isInstanceOf(MemoryShortageException.class);
  }

  @Test
  void version2CountsTheLimitOfEveryGroupAboveAndPagesOfFilesAsFree() throws IOException {
    machine(64);
    write("proc/self/cgroup", "0::/a.slice/b.scope\n");
    write("sys/fs/cgroup/a.slice/memory.max", 8 * GIB + "\n");
    write("sys/fs/cgroup/a.slice/memory.current", 6 * GIB + "\n");
    write(
        "sys/fs/cgroup/a.slice/memory.stat",
        "anon 1\nfile 99\ninactive_file " + 3 * GIB + "\nactive_file " + GIB + "\n");
    write("sys/fs/cgroup/a.slice/b.scope/memory.max", "max\n");
    write("sys/fs/cgroup/a.slice/b.scope/memory.current", GIB + "\n");
    assertThat(available()).isEqualTo(6 * GIB);
    write("sys/fs/cgroup/a.slice/b.scope/memory.max", 2 * GIB + "\n");
    assertThat(available()).isEqualTo(GIB);
  }

  @Test
  void insideAContainerTheGroupIsTheMount() throws IOException {
    machine(64);
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", 3 * GIB + "\n");
    write("sys/fs/cgroup/memory.current", GIB + "\n");
    assertThat(available()).isEqualTo(2 * GIB);
  }

  /// A process that was moved out of its namespace's group has such a path.
  @Test
  void aPathThatLeadsOutOfTheMountLeavesTheMount() throws IOException {
    machine(64);
    write("proc/self/cgroup", "0::/../../other\n");
    write("sys/fs/cgroup/memory.max", 3 * GIB + "\n");
    write("sys/fs/cgroup/memory.current", GIB + "\n");
    assertThat(available()).isEqualTo(2 * GIB);
  }

  @Test
  void version1IsReadWhereTheHostsPathDoesNotExist() throws IOException {
    machine(64);
    write("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/docker/0123\n0::/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", 4 * GIB + "\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", 3 * GIB + "\n");
    write(
        "sys/fs/cgroup/memory/memory.stat",
        "cache 5\ninactive_file 7\ntotal_inactive_file " + GIB + "\ntotal_active_file 0\n");
    assertThat(available()).isEqualTo(2 * GIB);
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertThat(available()).isEqualTo(64 * GIB);
  }

  @Test
  void aGroupThatIsFullLeavesNothingAndNotLess() throws IOException {
    machine(64);
    write("proc/self/cgroup", "0::/full\n");
    write("sys/fs/cgroup/full/memory.max", GIB + "\n");
    write("sys/fs/cgroup/full/memory.current", 2 * GIB + "\n");
    assertThat(available()).isZero();
  }

  @Test
  void thisProcessHasSome() {
    assertThat(AvailableMemory.ofThisProcess().bytes()).isPositive();
  }

  private long available() {
    return new AvailableMemory(root).bytes();
  }

  private void machine(long gib) throws IOException {
    write("proc/meminfo", "MemTotal: 1 kB\nMemAvailable:   " + gib * (1 << 20) + " kB\n");
  }

  private void write(String relative, String text) throws IOException {
    Path file = root.resolve(relative);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
