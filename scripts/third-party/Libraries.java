import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/// `Libraries CLASS_PATH OWN [KNOWN]`: a Markdown table of the libraries on a class path with the
/// licences that their poms name, compared with the licence files in the jars. Jars below OWN are
/// ours, and libraries on the class path KNOWN stand in another table, whatever their versions.
/// Fails where a licence is none that it knows or the two disagree.
final class Libraries {
  /// What poms call the licences that may be here. Of several offered the one that stands first here
  /// is taken.
  private static final Map<Pattern, String> NAMES =
      ordered(
          "(the )?apache( software)?( license)?,?( version)? ?-?2\\.0", "Apache-2.0",
          "mit( license)?", "MIT",
          "mit-0", "MIT-0",
          "bsd-3-clause|the \\(new\\) bsd license", "BSD-3-Clause",
          "bsd-2-clause", "BSD-2-Clause",
          "(the )?bsd licen[cs]e", "BSD",
          "0bsd", "0BSD");

  /// What a licence file says of each.
  private static final Map<String, Pattern> TEXTS =
      Map.of(
          "Apache-2.0", Pattern.compile("Apache\\s+(\\(Software\\)\\s+)?License", Pattern.CASE_INSENSITIVE),
          "MIT", Pattern.compile("Permission\\s+is\\s+hereby\\s+granted,\\s+free\\s+of\\s+charge"),
          "MIT-0", Pattern.compile("Permission\\s+is\\s+hereby\\s+granted,\\s+free\\s+of\\s+charge"),
          "BSD-3-Clause", Pattern.compile("Redistribution\\s+and\\s+use\\s+in\\s+source"),
          "BSD-2-Clause", Pattern.compile("Redistribution\\s+and\\s+use\\s+in\\s+source"),
          "BSD", Pattern.compile("Redistribution\\s+and\\s+use\\s+in\\s+source"),
          "0BSD", Pattern.compile("Permission\\s+to\\s+use,\\s+copy"));

  private static final Pattern LICENCE_FILE = Pattern.compile("META-INF/[^/]*(LICEN[CS]E|NOTICE)[^/]*");

  private record Library(String name, String version, String licence, String files) {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Library> libraries = libraries(arguments[0], arguments[1]);
    if (arguments.length > 2) {
      libraries.keySet().removeAll(libraries(arguments[2], arguments[1]).keySet());
    }
    System.out.println("| library | version | licence | files in the jar |\n|---|---|---|---|");
    for (Library library : libraries.values()) {
      System.out.printf(
          "| %s | %s | %s | %s |%n", library.name(), library.version(), library.licence(), library.files());
    }
  }

  private static Map<String, Library> libraries(String classPath, String own) throws Exception {
    Map<String, Library> libraries = new TreeMap<>();
    for (String entry : classPath.split(":")) {
      Path jar = Path.of(entry);
      if (!jar.startsWith(Path.of(own))) {
        Library library = read(jar);
        libraries.merge(library.name(), library, Libraries::joined);
      }
    }
    return libraries;
  }

  /// A jar of classes and one of native code with the same name.
  private static Library joined(Library one, Library other) {
    return one.files().length() >= other.files().length() ? one : other;
  }

  private static Library read(Path jar) throws Exception {
    String version = jar.getParent().getFileName().toString();
    Path folder = jar.getParent().getParent();
    String artifact = folder.getFileName().toString();
    Path pom = jar.resolveSibling(artifact + "-" + version + ".pom");
    Element project = parse(pom);
    String group = inherited(project, "groupId");
    Path repository = folder.getParent();
    for (int i = 0; i < group.split("\\.").length; i++) {
      repository = repository.getParent();
    }
    List<String> offered = licences(project, repository);
    List<String> known =
        NAMES.entrySet().stream()
            .filter(name -> offered.stream().anyMatch(text -> name.getKey().matcher(text).matches()))
            .map(Map.Entry::getValue)
            .toList();
    if (known.isEmpty()) {
      throw new IllegalStateException(pom + " has a licence that is not known here: " + offered);
    }
    String licence = known.getFirst();
    String files = files(jar, licence);
    return new Library(
        group + ":" + artifact, version, offered.size() > 1 ? licence + ", of several offered" : licence, files);
  }

  /// The names of a jar's licence files, one of which has the licence's words, if there are any.
  private static String files(Path jar, String licence) throws IOException {
    List<String> names = new ArrayList<>();
    boolean agrees = false;
    try (JarFile file = new JarFile(jar.toFile())) {
      for (var entry : file.stream().filter(each -> LICENCE_FILE.matcher(each.getName()).matches()).toList()) {
        names.add(entry.getName().substring("META-INF/".length()));
        String text = new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
        agrees |= entry.getName().contains("LICEN") && TEXTS.get(licence).matcher(text).find();
      }
    }
    if (!names.isEmpty() && !agrees) {
      throw new IllegalStateException("no licence file of " + jar + " has the words of " + licence + ": " + names);
    }
    return names.stream().sorted().collect(Collectors.joining(", "));
  }

  /// The licences of a pom, or of the nearest parent that has some.
  private static List<String> licences(Element project, Path repository) throws Exception {
    Element licences = child(project, "licenses");
    if (licences != null) {
      List<String> names = new ArrayList<>();
      for (Node node = licences.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element licence) {
          names.add(child(licence, "name").getTextContent().strip());
        }
      }
      return names;
    }
    Element parent = child(project, "parent");
    if (parent == null) {
      return List.of();
    }
    String artifact = text(parent, "artifactId");
    String version = text(parent, "version");
    Path folder = repository.resolve(text(parent, "groupId").replace('.', '/')).resolve(artifact).resolve(version);
    return licences(parse(folder.resolve(artifact + "-" + version + ".pom")), repository);
  }

  private static String inherited(Element project, String name) {
    return child(project, name) != null ? text(project, name) : text(child(project, "parent"), name);
  }

  private static String text(Element element, String name) {
    return child(element, name).getTextContent().strip();
  }

  private static Element child(Element element, String name) {
    for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element child && child.getTagName().equals(name)) {
        return child;
      }
    }
    return null;
  }

  private static Element parse(Path pom) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(Files.newInputStream(pom))
        .getDocumentElement();
  }

  private static Map<Pattern, String> ordered(String... pairs) {
    Map<Pattern, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(Pattern.compile(pairs[i], Pattern.CASE_INSENSITIVE), pairs[i + 1]);
    }
    return map;
  }
}
