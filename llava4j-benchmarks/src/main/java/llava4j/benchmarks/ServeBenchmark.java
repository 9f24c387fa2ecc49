package llava4j.benchmarks;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.Llava;
import llava4j.server.LlavaServer;
import llava4j.server.ServerSettings;
import llava4j.server.http.AccessLog;

/// Answers per second of a server with several clients, compared with one client, and with another
/// server.
final class ServeBenchmark implements Benchmark {
  private static final int[] CLIENTS = {1, 4, 8};
  private static final int MOST_TOKENS = 32;
  private static final double SMALL_BAR = 3;
  private static final double LARGE_BAR = 2.5;
  private static final double OTHER_BAR = 1.2;
  private static final int LARGE_DIM = 2048;
  private static final List<String> QUESTIONS =
      List.of(
          "What is in this image?",
          "Describe the image in detail.",
          "Which colours are there?",
          "What stands on the left side?",
          "How many things can you count?",
          "What would you call this scene?",
          "Where could this be?",
          "What is the largest thing?");

  private final Path folder;
  private final Optional<URI> other;

  /// @param folder of the model
  /// @param other the address of a server to compare with, which serves the same model
  ServeBenchmark(Path folder, Optional<URI> other) {
    this.folder = folder;
    this.other = other;
  }

  @Override
  public String name() {
    return "serve";
  }

  @Override
  public String description() {
    return "1, 4 and 8 clients over HTTP with one image: time to the first word and tokens per second, 8 compared"
        + " with 1 (3 times, a large model 2.5 times); --model PATH, --against URL";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Report report = new Report();
    try (Llava llava = Llava.load(folder);
        LlavaServer server =
            LlavaServer.start(llava, ServerSettings.defaults().withPort(0), new Silent())) {
      ServeClients ours = new ServeClients(URI.create("http://127.0.0.1:" + server.port()));
      Optional<ServeClients> theirs = other.map(ServeClients::new);
      List<String> bodies = bodies(llava.name());
      ServeClients.Round alone = ours.ask(bodies, 1);
      theirs.ifPresent(server2 -> server2.ask(bodies, CLIENTS[CLIENTS.length - 1]));
      double one = 0;
      double last = 0;
      for (int clients : CLIENTS) {
        List<String> asked = repeated(bodies, repeats);
        ServeClients.Round round = ours.ask(asked, clients);
        last = round.tokensPerSecond();
        one = clients == 1 ? last : one;
        write("llava", clients, round, report, out);
        Benchmark.check(
            isSame(round, alone), "answers to " + clients + " clients are those to one", out);
        theirs.ifPresent(
            server2 -> compare(clients, round, server2.ask(asked, clients), report, out));
      }
      report.atLeast("tokens_8_clients_to_1", last / one, bar(llava));
    }
    return report;
  }

  private static double bar(Llava llava) {
    return llava.model().config().text().dim() >= LARGE_DIM ? LARGE_BAR : SMALL_BAR;
  }

  private static void compare(
      int clients,
      ServeClients.Round ours,
      ServeClients.Round theirs,
      Report report,
      PrintWriter out) {
    write("other", clients, theirs, report, out);
    report.atLeast(
        clients + "_clients_tokens_to_other",
        ours.tokensPerSecond() / theirs.tokensPerSecond(),
        OTHER_BAR);
    report.atLeast(
        clients + "_clients_first_word_of_other_to_ours",
        theirs.firstMillis() / ours.firstMillis(),
        OTHER_BAR);
  }

  private static void write(
      String server, int clients, ServeClients.Round round, Report report, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "  %s, %d client(s): first word after %.0f ms, %.1f tokens/s (%d answers, %d tokens)%n",
        server,
        clients,
        round.firstMillis(),
        round.tokensPerSecond(),
        round.answers().size(),
        round.answers().stream().mapToInt(ServeClients.Answer::tokens).sum());
    out.flush();
    report.figure(server + "_" + clients + "_first_word_ms", round.firstMillis());
    report.figure(server + "_" + clients + "_tokens_per_s", round.tokensPerSecond());
  }

  /// Whether each question has the answer that it had before.
  private static boolean isSame(ServeClients.Round round, ServeClients.Round alone) {
    for (int i = 0; i < round.answers().size(); i++) {
      String before = alone.answers().get(i % alone.answers().size()).text();
      if (!round.answers().get(i).text().equals(before)) {
        return false;
      }
    }
    return true;
  }

  private static List<String> repeated(List<String> bodies, int times) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      all.addAll(bodies);
    }
    return all;
  }

  private static List<String> bodies(String model) {
    String image =
        "data:image/jpeg;base64,"
            + Base64.getEncoder().encodeToString(new Photograph(640, 480, 1).jpeg());
    return QUESTIONS.stream()
        .map(question ->
            "{\"model\":\""
                + model
                + "\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"temperature\":0,\"max_tokens\":"
                + MOST_TOKENS
                + ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                + "\"image_url\":{\"url\":\""
                + image
                + "\"}},{\"type\":\"text\",\"text\":\""
                + question
                + "\"}]}]}")
        .toList();
  }

  /// Nobody reads it.
  private static final class Silent implements AccessLog {
    @Override
    public void request(String key, String method, String path, int status, Duration time) {
      // nothing
    }

    @Override
    public void note(String sentence) {
      // nothing
    }

    @Override
    public void failure(Optional<String> path, Throwable cause) {
      throw new IllegalStateException(cause);
    }
  }
}
