package llava4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.cli.Main;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.Presets;
import llava4j.train.config.TrainConfig;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LocalLauncher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine.ParseResult;

/// What `examples/training` says of commands, processes and exit codes is so.
class TrainingExamplesTest {
  private static final Path EXAMPLES =
      Path.of("..").toAbsolutePath().normalize().resolve("examples/training");

  @ParameterizedTest
  @CsvSource({"torchrun.sh, 16", "slurm.sh, 16", "pytorchjob.yaml, 8", "jobset.yaml, 8"})
  void everyCommandIsOneThatTheCommandLineKnows(String file, int processes) throws IOException {
    List<String> command = command(file);
    ParseResult parsed =
        Main.commandLine(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()))
            .parseArgs(command.toArray(String[]::new));
    assertThat(parsed.subcommand().commandSpec().userObject()).isInstanceOf(TrainCommand.class);
    List<String> overrides = command.stream().filter(word -> word.matches("\\w+=.*")).toList();
    assertThat(overrides).isNotEmpty();
    TrainConfig config = new ConfigFile().with(Presets.named(command.get(1)), overrides);
    config.requireFits(processes);
    assertThat(config.saving().saveEvery()).isLessThan(1000);
  }

  @Test
  void noFileIsLeftOut() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("torchrun.sh", "slurm.sh", "pytorchjob.yaml", "jobset.yaml");
    }
  }

  @Test
  void thePodsOfTheJobSetFindEachOther() throws IOException {
    Object root = yaml("jobset.yaml");
    Object job = at(root, "spec", "replicatedJobs", 0);
    Object pod = at(job, "template", "spec", "template", "spec", "containers", 0);
    Map<String, String> environment = new HashMap<>();
    for (Object entry : (List<?>) at(pod, "env")) {
      Object value = ((Map<?, ?>) entry).get("value");
      environment.put((String) at(entry, "name"), value == null ? "7" : (String) value);
    }
    LaunchEnvironment last = LaunchEnvironment.of(environment);
    assertThat(last.rank()).isEqualTo(7);
    assertThat(at(job, "template", "spec", "completions")).isEqualTo(last.worldSize());
    assertThat(at(job, "template", "spec", "parallelism")).isEqualTo(last.worldSize());
    String name = (String) at(root, "metadata", "name");
    assertThat(last.masterAddress()).isEqualTo(name + "-" + at(job, "name") + "-0-0." + name);
    assertThat(at(pod, "ports", 0, "containerPort")).isEqualTo(last.masterPort());
    Object rule = at(job, "template", "spec", "podFailurePolicy", "rules", 0, "onExitCodes");
    assertThat(at(rule, "values")).isEqualTo(List.of(LocalLauncher.BAD_INPUT));
    assertThat(at(rule, "containerName")).isEqualTo(at(pod, "name"));
  }

  private static List<String> command(String file) throws IOException {
    if (file.endsWith(".sh")) {
      String script = Files.readString(EXAMPLES.resolve(file)).replace("\\\n", " ");
      String command = script.substring(script.indexOf("./llava ") + "./llava ".length());
      return List.of(command.split("\n|\\|\\|", 2)[0].strip().split(" +", -1));
    }
    List<List<String>> commands = new ArrayList<>();
    collect(yaml(file), commands);
    assertThat(commands.stream().distinct()).hasSize(1);
    return commands.getFirst();
  }

  /// The `args` of all containers.
  private static void collect(Object node, List<List<String>> commands) {
    if (node instanceof Map<?, ?> map) {
      if (map.get("args") instanceof List<?> words) {
        commands.add(words.stream().map(String.class::cast).toList());
      }
      map.values().forEach(value -> collect(value, commands));
    } else if (node instanceof List<?> list) {
      list.forEach(value -> collect(value, commands));
    }
  }

  private static Object at(Object node, Object... path) {
    Object found = node;
    for (Object step : path) {
      found =
          step instanceof Integer index
              ? ((List<?>) found).get(index)
              : ((Map<?, ?>) found).get(step);
      assertThat(found).as(step.toString()).isNotNull();
    }
    return found;
  }

  private static Object yaml(String file) throws IOException {
    return new Yaml(new SafeConstructor(new LoaderOptions()))
        .load(Files.readString(EXAMPLES.resolve(file)));
  }
}
