package llava4j.benchmarks;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/// Our server and llama.cpp's on the same file, each in its own process, in turns: the other one
/// idles meanwhile.
///
/// The words of every question are new, so that neither server has read them before; only the
/// opening sentence is the same.
final class ServeAgainstBenchmark implements Benchmark {
  private static final int[] CLIENTS = {1, 4, 8};
  private static final int WORDS = 200;
  private static final int TOKENS = 64;
  private static final double BAR = 1.2;
  private static final double SAME = 0.1;
  private static final List<String> VOCABULARY =
      List.of(
          ("time year people way day man thing woman life child world school state family student"
                  + " group country problem hand part place case week company system program question"
                  + " work number night point home water room mother area money story fact month lot"
                  + " right study book eye job word business issue side kind head house service friend"
                  + " father power hour game line end member law car city name team minute idea body")
              .split(" "));

  private final Path model;
  private final Optional<Path> program;
  private final List<String> options;

  /// @param model a GGUF file
  /// @param program the `llama-server`; empty if this is not run
  /// @param options further ones of that program
  ServeAgainstBenchmark(Path model, Optional<Path> program, List<String> options) {
    this.model = model;
    this.program = program;
    this.options = options;
  }

  @Override
  public String name() {
    return "serve-against";
  }

  @Override
  public String description() {
    return "1, 4 and 8 clients with prompts of 200 words at our server and at llama.cpp's in turns: tokens per second"
        + " and time to the first word (1.2 times); --model FILE, --llama-server FILE";
  }

  /// What all rounds of one server with one number of clients gave.
  private static final class Sum {
    private final List<ServeClients.Answer> answers = new ArrayList<>();
    private double seconds;

    void add(ServeClients.Round round) {
      answers.addAll(round.answers());
      seconds += round.seconds();
    }

    ServeClients.Round round() {
      return new ServeClients.Round(answers, seconds);
    }
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    if (program.isEmpty()) {
      out.println("  skipped: give llama.cpp's llama-server by --llama-server");
      return report;
    }
    try (TemporaryFolder logs = TemporaryFolder.create();
        ServerProcess own = ServerProcess.ours(model, logs.path());
        ServerProcess other = ServerProcess.llamaCpp(program.get(), model, options, logs.path())) {
      ServeClients ours = own.clients();
      ServeClients theirs = other.clients();
      Random random = new Random(1);
      List<String> first = bodies(random, CLIENTS[CLIENTS.length - 1]);
      ours.ask(first, first.size());
      theirs.ask(first, first.size());
      for (int clients : CLIENTS) {
        Sum mine = new Sum();
        Sum yours = new Sum();
        for (int i = 0; i < repeats; i++) {
          List<String> asked = bodies(random, clients);
          mine.add(ours.ask(asked, clients));
          yours.add(theirs.ask(asked, clients));
        }
        compare(clients, mine.round(), yours.round(), report, out);
      }
    }
    return report;
  }

  private static int promptTokens(ServeClients.Round round) {
    return round.answers().stream().mapToInt(ServeClients.Answer::promptTokens).sum();
  }

  private static void compare(
      int clients,
      ServeClients.Round ours,
      ServeClients.Round theirs,
      Report report,
      PrintWriter out) {
    double prompts = promptTokens(ours) / (double) promptTokens(theirs);
    Benchmark.check(
        prompts > 1 - SAME && prompts < 1 + SAME,
        String.format(
            Locale.ROOT, "prompts of %d client(s) are as long for both: %.3f", clients, prompts),
        out);
    write("llava", clients, ours, report, out);
    write("llama.cpp", clients, theirs, report, out);
    report.atLeast(
        clients + "_clients_tokens_to_llama_cpp",
        ours.tokensPerSecond() / theirs.tokensPerSecond(),
        BAR);
    report.atLeast(
        clients + "_clients_first_word_of_llama_cpp_to_ours",
        theirs.firstMillis() / ours.firstMillis(),
        BAR);
  }

  private static void write(
      String server, int clients, ServeClients.Round round, Report report, PrintWriter out) {
    int tokens = round.answers().stream().mapToInt(ServeClients.Answer::tokens).sum();
    out.printf(
        Locale.ROOT,
        "  %-9s, %d client(s): first word after %.0f ms, %.2f tokens/s (%d answers of %d tokens to prompts of %d, %.1f s)%n",
        server,
        clients,
        round.firstMillis(),
        round.tokensPerSecond(),
        round.answers().size(),
        tokens,
        promptTokens(round),
        round.seconds());
    out.flush();
    String key = server.replace('.', '_') + "_" + clients;
    report.figure(key + "_first_word_ms", round.firstMillis());
    report.figure(key + "_tokens_per_s", round.tokensPerSecond());
  }

  private static List<String> bodies(Random random, int count) {
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder words = new StringBuilder();
      for (int word = 0; word < WORDS; word++) {
        words.append(VOCABULARY.get(random.nextInt(VOCABULARY.size()))).append(' ');
      }
      bodies.add(
          "{\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0,\"max_tokens\":"
              + TOKENS
              + ",\"messages\":[{\"role\":\"system\",\"content\":\"A chat between a curious human and an assistant.\"},"
              + "{\"role\":\"user\",\"content\":\""
              + words
              + "\"}]}");
    }
    return bodies;
  }
}
