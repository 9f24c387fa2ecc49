package llava4j.data.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import llava4j.error.BadInputException;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Packages are downloaded once, verified, and unpacked completely or not at all.
class PackageStoreTest {
  @TempDir private Path cache;
  private final List<String> notes = new ArrayList<>();

  @Test
  void fetchesComparesAndUnpacksWhatIsWantedOnce() throws Exception {
    byte[] archive = npm(Map.of("package/a.txt", "A", "package/b.bin", "B"));
    PinnedPackage pinned = pinned(archive);
    List<PinnedPackage> fetched = new ArrayList<>();
    PackageClient client =
        (wanted, folder) -> {
          fetched.add(wanted);
          write(folder.resolve(wanted.file()), archive);
        };
    Path folder = store(client).unpacked(pinned, name -> name.endsWith(".txt"));
    assertThat(folder.resolve("package/a.txt")).hasContent("A");
    assertThat(folder.resolve("package/b.bin")).doesNotExist();
    assertThat(store(client).unpacked(pinned, _ -> true)).isEqualTo(folder);
    assertThat(fetched).containsExactly(pinned);
  }

  @Test
  void readsArtifactsOfMaven() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("org/x/"));
      zip.putNextEntry(new ZipEntry("org/x/tool"));
      zip.write('A');
    }
    PinnedPackage pinned =
        PinnedPackage.maven("org.x:tool", "linux", "1.0", sum(bytes.toByteArray()), "MIT", "me");
    assertThat(pinned.file()).isEqualTo("tool-1.0-linux.jar");
    write(cache.resolve(pinned.file()), bytes.toByteArray());
    Path folder = store(PackageStoreTest::refuse).unpacked(pinned, _ -> true);
    assertThat(folder.resolve("org/x/tool")).hasContent("A");
  }

  @Test
  void comparesTheShaOneOfARegistryThatHasNoOther() throws Exception {
    byte[] archive = wheel();
    String one = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(archive));
    PinnedPackage right = PinnedPackage.maven("org.x:gpu", "linux", "1.0", one, "MIT", "me");
    write(cache.resolve(right.file()), archive);
    Path folder = store(PackageStoreTest::refuse).unpacked(right, _ -> true);
    assertThat(folder.resolve("nvidia/cu13/lib/libx.so.13")).hasContent("A");
    PinnedPackage other =
        PinnedPackage.maven("org.x:gpu", "linux", "2.0", "0".repeat(40), "MIT", "me");
    write(cache.resolve(other.file()), archive);
    assertThatThrownBy(() -> store(PackageStoreTest::refuse).unpacked(other, _ -> true))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("its SHA-1 is " + one);
  }

  @Test
  void readsWheels() throws Exception {
    PinnedPackage pinned = PinnedPackage.pypi("nvidia-x", "13.1", "NVIDIA's", "NVIDIA");
    assertThat(pinned.file()).isEqualTo("nvidia-x-13.1.whl");
    byte[] archive = wheel();
    PackageClient client = (wanted, folder) -> write(folder.resolve(wanted.file()), archive);
    Path folder = store(client).unpacked(pinned, name -> name.contains(".so"));
    assertThat(folder.resolve("nvidia/cu13/lib/libx.so.13")).hasContent("A");
  }

  private static byte[] wheel() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("nvidia/cu13/lib/libx.so.13"));
      zip.write('A');
    }
    return bytes.toByteArray();
  }

  @Test
  void readsDebianPackages() throws Exception {
    byte[] archive = debian(Map.of("./usr/share/x/a.txt", "A"));
    PinnedPackage pinned =
        PinnedPackage.debian("thing", "1:2-3", "all", sum(archive), "public domain", "nobody");
    assertThat(pinned.file()).isEqualTo("thing_1%3a2-3_all.deb");
    write(cache.resolve(pinned.file()), archive);
    Path folder = store(PackageStoreTest::refuse).unpacked(pinned, _ -> true);
    assertThat(folder.resolve("usr/share/x/a.txt")).hasContent("A");
  }

  @Test
  void takesAnArchiveThatWasPutThereByHandIfItIsTheRightOne() throws Exception {
    byte[] archive = npm(Map.of("package/a.txt", "A"));
    PinnedPackage pinned = pinned(archive);
    write(cache.resolve(pinned.file()), archive);
    Path folder = store(PackageStoreTest::refuse).unpacked(pinned, _ -> true);
    assertThat(folder.resolve("package/a.txt")).hasContent("A");
  }

  @Test
  void anotherArchiveIsNamedWithBothSums() throws Exception {
    byte[] archive = npm(Map.of("package/a.txt", "A"));
    PinnedPackage pinned = pinned(archive);
    byte[] other = npm(Map.of("package/a.txt", "moved"));
    assertThatThrownBy(() ->
            store((wanted, folder) -> write(folder.resolve(wanted.file()), other))
                .unpacked(pinned, _ -> true))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("thing 1.0")
        .hasMessageContaining(sum(other))
        .hasMessageContaining(pinned.digest() + "; it was deleted; try again, or put ");
    assertThat(cache).as("nothing is left of it").isEmptyDirectory();
  }

  @Test
  void whatWasInterruptedIsUnpackedAgain() throws Exception {
    Map<String, String> files = new TreeMap<>();
    for (int i = 0; i < 9; i++) {
      files.put("package/" + i, "content " + i);
    }
    byte[] archive = npm(files);
    PinnedPackage pinned = pinned(archive);
    write(cache.resolve(pinned.file()), archive);
    assertThatThrownBy(() ->
            store(PackageStoreTest::refuse)
                .unpacked(
                    pinned,
                    name -> {
                      if (name.endsWith("5")) {
                        throw new IllegalStateException("interrupted");
                      }
                      return true;
                    }))
        .isInstanceOf(IllegalStateException.class);
    Path folder = store(PackageStoreTest::refuse).unpacked(pinned, _ -> true);
    assertThat(folder.resolve("package/8")).hasContent("content 8");
  }

  @Test
  void aDamagedArchiveAndOneThatPointsOutsideAreRefused() throws Exception {
    byte[] whole = npm(Map.of("package/a.txt", "A".repeat(5000)));
    byte[] damaged = java.util.Arrays.copyOf(whole, whole.length - 20);
    byte[] outside = npm(Map.of("../../out.txt", "A"));
    for (byte[] archive : List.of(damaged, outside)) {
      PinnedPackage pinned = pinned(archive);
      write(cache.resolve(pinned.file()), archive);
      assertThatThrownBy(() -> store(PackageStoreTest::refuse).unpacked(pinned, _ -> true))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("cannot be unpacked");
      Files.delete(cache.resolve(pinned.file()));
    }
  }

  @Test
  void aMissingProgramSaysWhatToPutWhere() {
    PinnedPackage nowhere =
        PinnedPackage.npm("no-such-package-of-llava4j", "0.0.1", "00", "none", "nobody");
    assertThatThrownBy(() -> store(PackageClient.programs()).unpacked(nowhere, _ -> true))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no-such-package-of-llava4j 0.0.1")
        .hasMessageContaining("yourself");
  }

  private PackageStore store(PackageClient client) {
    return new PackageStore(cache, client, notes::add);
  }

  private static void refuse(PinnedPackage wanted, Path folder) {
    throw new AssertionError("nothing must be fetched");
  }

  private static PinnedPackage pinned(byte[] archive) {
    return PinnedPackage.npm("thing", "1.0", sum(archive), "MIT", "nobody");
  }

  private static byte[] npm(Map<String, String> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream packed = new GZIPOutputStream(bytes)) {
      packed.write(tar(files));
    }
    return bytes.toByteArray();
  }

  private static byte[] debian(Map<String, String> files) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    try (OutputStream packed = new XZCompressorOutputStream(data)) {
      packed.write(tar(files));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ArArchiveOutputStream members = new ArArchiveOutputStream(bytes)) {
      member(members, "debian-binary", "2.0\n".getBytes(StandardCharsets.UTF_8));
      member(members, "data.tar.xz", data.toByteArray());
    }
    return bytes.toByteArray();
  }

  private static void member(ArArchiveOutputStream members, String name, byte[] content)
      throws IOException {
    members.putArchiveEntry(new ArArchiveEntry(name, content.length));
    members.write(content);
    members.closeArchiveEntry();
  }

  private static byte[] tar(Map<String, String> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (Map.Entry<String, String> file : files.entrySet()) {
        byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String sum(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
