package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.cli.option.BundledModel;
import llava4j.cli.serve.ServeCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine.ParseResult;

/// What `packaging` says of commands, paths, ports and times is so.
class PackagingTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path PACKAGING = ROOT.resolve("packaging");
  private static final String KEY = "secret";

  @TempDir private Path folder;

  /// An option that is misspelt or has gone would keep a server from starting.
  @Test
  void everyCommandIsOneThatTheCommandLineKnows() throws IOException {
    Map<String, List<String>> commands = commands();
    assertThat(commands.keySet())
        .containsExactlyInAnyOrder(
            "Dockerfile", "compose.yaml", "llava.service", "deployment.yaml");
    for (List<String> command : commands.values()) {
      ParseResult parsed =
          Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()))
              .parseArgs(command.toArray(String[]::new));
      assertThat(parsed.subcommand().commandSpec().userObject()).isInstanceOf(ServeCommand.class);
      assertThat(value(command, "--port")).isEqualTo("8080");
    }
  }

  @Test
  void everyPathIsAnsweredWithSuccessByTheServerOfTheManifest() throws Exception {
    Set<String> paths = paths();
    assertThat(paths).containsExactly("/health/live", "/health/ready", "/metrics");
    List<String> arguments = new ArrayList<>(commands().get("deployment.yaml"));
    arguments.set(arguments.indexOf("--port") + 1, "0");
    arguments.set(arguments.indexOf("--host") + 1, "127.0.0.1");
    arguments.set(
        arguments.indexOf("--api-key-file") + 1,
        Files.writeString(folder.resolve("key"), KEY).toString());
    Process server = start(arguments);
    try (BufferedReader out = server.inputReader();
        HttpClient client = HttpClient.newHttpClient()) {
      String line = out.readLine();
      assertThat(line).as(() -> read(folder.resolve("err"))).contains("llava-tiny is served at");
      String address = line.substring(line.indexOf("http"));
      for (String path : paths) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path));
        if (path.equals("/metrics")) { // servicemonitor.yaml sends the key, probes do not
          request.header("Authorization", "Bearer " + KEY);
        }
        assertThat(client.send(request.build(), BodyHandlers.ofString()).statusCode())
            .as(path)
            .isEqualTo(200);
      }
    } finally {
      server.destroyForcibly();
    }
  }

  /// Who stops the server must not kill it while it drains.
  @Test
  void stopsLeaveTimeToDrain() throws IOException {
    Map<String, List<String>> commands = commands();
    Map<String, Object> pod = at(yaml("kubernetes/deployment.yaml"), "spec", "template", "spec");
    Map<String, Object> container = container();
    int before = (int) at(container, "lifecycle", "preStop", "sleep").get("seconds");
    assertThat((int) pod.get("terminationGracePeriodSeconds"))
        .isGreaterThan(before + drain(commands.get("deployment.yaml")));
    String grace = (String) compose().get("stop_grace_period");
    assertThat(Integer.parseInt(grace.replace("s", "")))
        .isGreaterThan(drain(commands.get("compose.yaml")));
    assertThat(Integer.parseInt(unit().get("TimeoutStopSec")))
        .isGreaterThan(drain(commands.get("llava.service")));
  }

  @Test
  void manifestsFitTogether() throws IOException {
    Map<String, Object> labels = Map.of("app", "llava");
    Map<String, Object> deployment = yaml("kubernetes/deployment.yaml");
    assertThat(at(deployment, "spec", "selector", "matchLabels")).isEqualTo(labels);
    assertThat(at(deployment, "spec", "template", "metadata", "labels")).isEqualTo(labels);
    assertThat(at(yaml("kubernetes/service.yaml"), "spec", "selector")).isEqualTo(labels);
    assertThat(at(yaml("kubernetes/service.yaml"), "metadata", "labels")).isEqualTo(labels);
    for (String file : List.of("poddisruptionbudget", "servicemonitor")) {
      assertThat(at(yaml("kubernetes/" + file + ".yaml"), "spec", "selector", "matchLabels"))
          .isEqualTo(labels);
    }
    Map<String, Object> port = first(container(), "ports");
    assertThat(port).containsEntry("containerPort", 8080).containsEntry("name", "http");
    Map<String, Object> served = first(at(yaml("kubernetes/service.yaml"), "spec"), "ports");
    assertThat(served).containsEntry("targetPort", "http").containsEntry("name", "http");
    Map<String, Object> scraped =
        first(at(yaml("kubernetes/servicemonitor.yaml"), "spec"), "endpoints");
    assertThat(scraped).containsEntry("port", "http");
    Map<String, Object> key = at(scraped, "authorization", "credentials");
    assertThat(value(commands().get("deployment.yaml"), "--api-key-file"))
        .isEqualTo("/run/secrets/llava/" + key.get("key"));
    assertThat(yaml("kubernetes/kustomization.yaml").get("resources"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.list(String.class))
        .allMatch(file -> Files.isRegularFile(PACKAGING.resolve("kubernetes").resolve(file)))
        .hasSize(4);
  }

  @Test
  void nothingMayDoMoreThanItMust() throws IOException {
    assertThat(unit())
        .containsEntry("DynamicUser", "yes")
        .containsEntry("NoNewPrivileges", "yes")
        .containsEntry("ProtectSystem", "strict")
        .containsEntry("ProtectHome", "yes")
        .containsEntry("CapabilityBoundingSet", "")
        .containsKey("MemoryMax");
    assertThat(at(container(), "securityContext"))
        .containsEntry("allowPrivilegeEscalation", false)
        .containsEntry("readOnlyRootFilesystem", true);
    assertThat(at(container(), "resources")).containsKeys("requests", "limits");
    assertThat(compose())
        .containsEntry("read_only", true)
        .containsEntry("cap_drop", List.of("ALL"));
    assertThat(text("docker/Dockerfile")).contains("\nUSER 65534:65534\n");
  }

  /// A variable that nothing reads would be set for nothing.
  @Test
  void variablesAreReadBySomething() throws IOException {
    Set<String> named = new TreeSet<>();
    try (Stream<Path> files = Files.walk(PACKAGING)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Matcher matcher =
            Pattern.compile("\\b(LLAVA|HF|XDG)_[A-Z_]*[A-Z]\\b").matcher(Files.readString(file));
        matcher.results().forEach(found -> named.add(found.group()));
      }
    }
    assertThat(named).contains("HF_HOME", "LLAVA_JAVA_OPTS");
    String read =
        Files.readString(PACKAGING.resolve("dist/llava"))
            + sources("llava4j-core")
            + sources("llava4j-cli");
    assertThat(named).allMatch(read::contains);
  }

  private static String sources(String module) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(Files.readString(file));
      }
    }
    return all.toString();
  }

  /// The arguments that each file gives llava.
  private static Map<String, List<String>> commands() throws IOException {
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("deployment.yaml", words(container().get("args")));
    commands.put("compose.yaml", words(compose().get("command")));
    String docker = text("docker/Dockerfile");
    assertThat(docker).contains("\nENTRYPOINT [\"/opt/llava4j/bin/llava\"]\n");
    Matcher command = Pattern.compile("(?m)^CMD (\\[.*])$").matcher(docker);
    assertThat(command.find()).isTrue();
    commands.put("Dockerfile", words(load(command.group(1))));
    List<String> start = Arrays.asList(unit().get("ExecStart").split(" "));
    assertThat(start.getFirst()).isEqualTo("/opt/llava4j/bin/llava");
    commands.put("llava.service", start.subList(1, start.size()));
    return commands;
  }

  /// The paths of probes, scrapes and health checks.
  private static Set<String> paths() throws IOException {
    Set<String> paths = new TreeSet<>();
    try (Stream<Path> files = Files.walk(PACKAGING)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Pattern.compile("(?:path: |GET )(/[a-z/]+)")
            .matcher(Files.readString(file))
            .results()
            .forEach(found -> paths.add(found.group(1)));
      }
    }
    return paths;
  }

  private static Map<String, Object> container() throws IOException {
    return first(at(yaml("kubernetes/deployment.yaml"), "spec", "template", "spec"), "containers");
  }

  private static Map<String, Object> compose() throws IOException {
    return at(yaml("docker/compose.yaml"), "services", "llava");
  }

  /// The settings of the systemd unit; of those that are there twice, the last.
  private static Map<String, String> unit() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line : text("systemd/llava.service").lines().toList()) {
      if (!line.startsWith("#") && line.contains("=")) {
        settings.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
      }
    }
    return settings;
  }

  private static int drain(List<String> command) {
    return Integer.parseInt(value(command, "--drain"));
  }

  private static String value(List<String> command, String option) {
    assertThat(command).contains(option);
    return command.get(command.indexOf(option) + 1);
  }

  private static String text(String file) throws IOException {
    return Files.readString(PACKAGING.resolve(file));
  }

  private static Map<String, Object> yaml(String file) throws IOException {
    return map(load(text(file)));
  }

  private static Object load(String text) {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
  }

  private static Map<String, Object> at(Map<String, Object> from, String... keys) {
    Map<String, Object> found = from;
    for (String key : keys) {
      assertThat(found).containsKey(key);
      found = map(found.get(key));
    }
    return found;
  }

  private static Map<String, Object> first(Map<String, Object> from, String key) {
    assertThat(from).containsKey(key);
    return map(((List<?>) from.get(key)).getFirst());
  }

  @SuppressWarnings("unchecked") // what YAML calls a mapping
  private static Map<String, Object> map(Object node) {
    return (Map<String, Object>) node;
  }

  private static List<String> words(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Process start(List<String> arguments) throws IOException {
    List<String> command =
        LlavaProcess.command(List.of("-D" + BundledModel.CHECKOUT + "=" + ROOT), arguments);
    return new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
  }
}
