import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Brings the libraries of a class path into the two forms that are handed out (ADR 32).
///
///     Libraries.java folder CLASS_PATH PLATFORM OUT   OUT/lib/*.jar and OUT/natives
///     Libraries.java jar CLASS_PATH PLATFORM FILE     one runnable jar
///
/// Native code of other platforms is left out. In a folder the natives lie beside the jars, so that
/// nothing has to be unpacked when llava starts; `lib/llava.jar` names the other jars in its
/// manifest, in the order of the class path.
public final class Libraries {
  private static final String MAIN = "llava4j.cli.Main";
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  /// What each library calls a platform.
  private static final Map<String, List<String>> NAMES =
      Map.of(
          "linux-x86_64", List.of("linux-x86_64", "linux-x64", "linux-x86-64", "Linux/x86_64"),
          "linux-arm64", List.of("linux-arm64", "linux-aarch64", "Linux/arm64"),
          "macosx-arm64", List.of("macosx-arm64", "osx-aarch64", "darwin-aarch64", "Mac/arm64"));

  private static final Pattern NATIVE =
      Pattern.compile(".*\\.(so(\\.[0-9.]+)?|dylib|jnilib|dll|a|pdb)|.*\\.dSYM/.*");

  /// What JavaCPP brings beside its libraries.
  private static final Pattern FOR_COMPILERS =
      Pattern.compile("org/bytedeco/[^/]+/[^/]+/(include|lib|share)/.*|.*\\.cpp");

  /// Parts of OpenBLAS that nothing of ours calls, 24 MB; and a library that comes with the C++ library,
  /// which the system must have: an old one beside a new one might not do.
  private static final Pattern UNUSED =
      Pattern.compile(".*/(libjniopenblas_full\\.(so|dylib)|libgcc_s\\.so\\.1)");

  private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
  private static final Pattern LICENCE =
      Pattern.compile("(META-INF/)?(LICENSE|NOTICE|LICENCE|AL2\\.0|LGPL2\\.1|DEPENDENCIES)[^/]*");

  /// One moment for all files: what is built twice is equal.
  private static final LocalDateTime MOMENT = LocalDateTime.of(2026, 1, 1, 0, 0);

  private final List<String> platform;

  private Libraries(String platform) {
    this.platform = NAMES.get(platform);
    if (this.platform == null) {
      throw new IllegalArgumentException("no natives are published for " + platform);
    }
  }

  public static void main(String[] arguments) throws IOException {
    List<Path> jars = Arrays.stream(arguments[1].split(":")).map(Path::of).toList();
    Libraries libraries = new Libraries(arguments[2]);
    if (arguments[0].equals("folder")) {
      libraries.folder(jars, Path.of(arguments[3]));
    } else {
      libraries.oneJar(jars, Path.of(arguments[3]));
    }
  }

  // --- a folder ---

  private void folder(List<Path> jars, Path out) throws IOException {
    Path lib = Files.createDirectories(out.resolve("lib"));
    Path natives = Files.createDirectories(out.resolve("natives"));
    List<String> behind = new ArrayList<>();
    for (Path jar : jars) {
      String name = jar.equals(jars.getFirst()) ? "llava.jar" : jar.getFileName().toString();
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        takeOut(zip, natives);
        boolean holdsClasses =
            zip.stream().anyMatch(entry -> isClass(entry) && !isModule(entry.getName()));
        if (!name.equals("llava.jar") && holdsClasses) {
          behind.add(name);
          copy(zip, lib.resolve(name));
        }
      }
    }
    try (ZipFile ours = new ZipFile(jars.getFirst().toFile())) {
      Manifest manifest = ours(ours);
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, String.join(" ", behind));
      write(lib.resolve("llava.jar"), manifest, zip -> addAll(ours, zip));
    }
  }

  /// JavaCPP's libraries and ONNX Runtime's are loaded from where they are told; others know their
  /// own place.
  private void takeOut(ZipFile zip, Path natives) throws IOException {
    for (ZipEntry entry : entries(zip)) {
      String name = entry.getName();
      if (isFlat(name) && isOurs(name) && !UNUSED.matcher(name).matches()) {
        Path file = natives.resolve(name.substring(name.lastIndexOf('/') + 1));
        try (InputStream in = zip.getInputStream(entry)) {
          byte[] bytes = in.readAllBytes();
          if (Files.exists(file) && Files.size(file) != bytes.length) {
            throw new IOException(name + " is there twice, and the two differ");
          }
          Files.write(file, bytes);
          date(file);
        }
      }
    }
  }

  private static boolean isFlat(String name) {
    return NATIVE.matcher(name).matches()
        && !FOR_COMPILERS.matcher(name).matches()
        && (name.startsWith("org/bytedeco/") || name.startsWith("ai/onnxruntime/"));
  }

  /// A jar as it is, unless it has natives.
  private void copy(ZipFile zip, Path target) throws IOException {
    if (entries(zip).stream().noneMatch(entry -> NATIVE.matcher(entry.getName()).matches())) {
      Files.copy(Path.of(zip.getName()), target);
      date(target);
      return;
    }
    write(target, manifest(zip), out -> addAll(zip, out));
  }

  private void addAll(ZipFile zip, ZipOutputStream out) throws IOException {
    for (ZipEntry entry : entries(zip)) {
      String name = entry.getName();
      boolean unpacked = isFlat(name) || name.startsWith("native/lib/") && isNative(name);
      if (name.equals(MANIFEST) || unpacked || isNative(name) && !isOurs(name)) {
        continue;
      }
      try (InputStream in = zip.getInputStream(entry)) {
        add(out, name, in);
      }
    }
  }

  // --- one jar ---

  private void oneJar(List<Path> jars, Path target) throws IOException {
    Map<String, ByteArrayOutputStream> services = new LinkedHashMap<>();
    Map<String, Long> seen = new HashMap<>();
    try (ZipFile ours = new ZipFile(jars.getFirst().toFile())) {
      Manifest manifest = ours(ours);
      Attributes main = manifest.getMainAttributes();
      main.putValue("Multi-Release", "true");
      write(
          target,
          manifest,
          out -> {
            for (Path jar : jars) {
              try (ZipFile zip = new ZipFile(jar.toFile())) {
                merge(zip, jar.getFileName().toString(), out, seen, services);
              }
            }
            for (Map.Entry<String, ByteArrayOutputStream> service : services.entrySet()) {
              add(out, service.getKey(), new ByteArrayInputStream(service.getValue().toByteArray()));
            }
          });
    }
  }

  private void merge(
      ZipFile zip,
      String jar,
      ZipOutputStream out,
      Map<String, Long> seen,
      Map<String, ByteArrayOutputStream> services)
      throws IOException {
    boolean first = seen.isEmpty();
    for (ZipEntry entry : entries(zip)) {
      String name = entry.getName();
      if (name.equals(MANIFEST)
          || isModule(name)
          || SIGNATURE.matcher(name).matches()
          || FOR_COMPILERS.matcher(name).matches()
          || UNUSED.matcher(name).matches()
          || isNative(name) && !isOurs(name)) {
        continue;
      }
      if (name.startsWith("META-INF/services/")) {
        ByteArrayOutputStream service =
            services.computeIfAbsent(name, _ -> new ByteArrayOutputStream());
        try (InputStream in = zip.getInputStream(entry)) {
          in.transferTo(service);
        }
        service.write('\n');
        continue;
      }
      if (!first && LICENCE.matcher(name).matches()) { // each library's stays beside its name
        name = "META-INF/licenses/" + jar + "/" + name.substring(name.lastIndexOf('/') + 1);
      }
      Long other = seen.putIfAbsent(name, entry.getCrc());
      if (other == null) {
        try (InputStream in = zip.getInputStream(entry)) {
          add(out, name, in);
        }
      } else if (other != entry.getCrc() && isClass(entry)) {
        throw new IOException(name + " of " + jar + " is in another jar too, and the two differ");
      }
    }
  }

  // --- both ---

  private static Manifest manifest(ZipFile zip) throws IOException {
    ZipEntry entry = zip.getEntry(MANIFEST);
    if (entry == null) {
      return new Manifest();
    }
    try (InputStream in = zip.getInputStream(entry)) {
      Manifest manifest = new Manifest(in);
      manifest.getEntries().clear(); // digests of signatures
      return manifest;
    }
  }

  /// What `java -jar` cannot be told otherwise: ADR 32.
  private static Manifest ours(ZipFile zip) throws IOException {
    Manifest manifest = manifest(zip);
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MAIN_CLASS, MAIN);
    main.putValue("Enable-Native-Access", "ALL-UNNAMED");
    main.putValue("Add-Exports", "java.base/jdk.internal.module");
    return manifest;
  }

  private interface Content {
    void addTo(ZipOutputStream out) throws IOException;
  }

  private static void write(Path file, Manifest manifest, Content content) throws IOException {
    try (OutputStream stream = Files.newOutputStream(file);
        ZipOutputStream out = new ZipOutputStream(stream)) {
      manifest.getMainAttributes().putIfAbsent(Attributes.Name.MANIFEST_VERSION, "1.0");
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      manifest.write(text);
      add(out, MANIFEST, new ByteArrayInputStream(text.toByteArray()));
      content.addTo(out);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    date(file);
  }

  private static void add(ZipOutputStream out, String name, InputStream in) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(MOMENT);
    out.putNextEntry(entry);
    in.transferTo(out);
    out.closeEntry();
  }

  private static void date(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
  }

  /// The files of a jar, each name once, as the first stands there.
  private static List<ZipEntry> entries(ZipFile zip) {
    List<ZipEntry> found = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
      ZipEntry entry = all.nextElement();
      if (!entry.isDirectory() && names.add(entry.getName())) {
        found.add(entry);
      }
    }
    return found;
  }

  private static boolean isNative(String name) {
    return NATIVE.matcher(name).matches();
  }

  private boolean isOurs(String name) {
    return platform.stream().anyMatch(folder -> name.contains("/" + folder + "/"))
        && !name.contains(".dSYM/");
  }

  private static boolean isClass(ZipEntry entry) {
    return entry.getName().endsWith(".class");
  }

  private static boolean isModule(String name) {
    return name.endsWith("module-info.class");
  }
}
