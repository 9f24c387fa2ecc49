package llava4j.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Clients that ask an OpenAI-compatible server at the same time.
///
/// @param address of the server, without a path
record ServeClients(URI address) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int OK = 200;

  /// What came back of one question.
  ///
  /// @param firstMillis until the first text
  /// @param promptTokens as the server counts them
  /// @param tokens of the answer, as the server counts them
  record Answer(String text, double firstMillis, int promptTokens, int tokens) {}

  /// What came back of all questions.
  ///
  /// @param answers in the order of the questions
  record Round(List<Answer> answers, double seconds) {
    double tokensPerSecond() {
      return answers.stream().mapToInt(Answer::tokens).sum() / seconds;
    }

    /// The median, in milliseconds.
    double firstMillis() {
      return answers.stream()
          .mapToDouble(Answer::firstMillis)
          .sorted()
          .skip((answers.size() - 1) / 2)
          .findFirst()
          .orElseThrow();
    }
  }

  /// Sends bodies, so many at a time.
  ///
  /// @throws Benchmark.WrongAnswerException if one is not answered
  Round ask(List<String> bodies, int clients) {
    long start = System.nanoTime();
    List<Answer> answers = new ArrayList<>();
    try (HttpClient client = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      List<Future<Answer>> asked =
          bodies.stream().map(body -> threads.submit(() -> ask(client, body))).toList();
      for (Future<Answer> one : asked) {
        answers.add(one.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Benchmark.WrongAnswerException wrong) {
        throw wrong;
      }
      throw new Benchmark.WrongAnswerException(address + " does not answer: " + e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new Round(answers, (System.nanoTime() - start) / 1e9);
  }

  private Answer ask(HttpClient client, String body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(address.resolve("/v1/chat/completions"))
            .timeout(Duration.ofMinutes(10))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    long start = System.nanoTime();
    HttpResponse<Stream<String>> response =
        client.send(request, HttpResponse.BodyHandlers.ofLines());
    StringBuilder text = new StringBuilder();
    double first = 0;
    int promptTokens = 0;
    int tokens = 0;
    try (Stream<String> lines = response.body()) {
      for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
        String line = each.next();
        if (response.statusCode() != OK) {
          throw new Benchmark.WrongAnswerException(address + " refused a question: " + line);
        }
        if (!line.startsWith("data: {")) {
          continue;
        }
        JsonNode piece = JSON.readTree(line.substring("data: ".length()));
        text.append(piece.at("/choices/0/delta/content").asString(""));
        if (first == 0 && !text.isEmpty()) {
          first = (System.nanoTime() - start) / 1e6;
        }
        promptTokens = Math.max(promptTokens, piece.at("/usage/prompt_tokens").asInt(0));
        tokens = Math.max(tokens, piece.at("/usage/completion_tokens").asInt(0));
      }
    }
    return new Answer(text.toString(), first, promptTokens, tokens);
  }
}
