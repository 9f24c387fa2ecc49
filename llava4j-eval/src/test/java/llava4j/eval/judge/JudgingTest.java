package llava4j.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.MmVetTask;
import llava4j.eval.task.Stratum;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgingTest {
  private static final int SLOW = 299; // our sign for an answer that comes too late
  private static final Duration PATIENCE = Duration.ofMillis(700);

  @TempDir Path folder;

  private final Deque<Reply> replies = new ConcurrentLinkedDeque<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private HttpServer server;

  private record Reply(int status, String content) {}

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          Reply reply = replies.removeFirst();
          if (reply.status() == SLOW) {
            LockSupport.parkNanos(PATIENCE.multipliedBy(2).toNanos());
          }
          byte[] body =
              (reply.status() == 200
                      ? "{\"choices\":[{\"message\":{\"content\":\"" + reply.content() + "\"}}]}"
                      : reply.content())
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(reply.status(), body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void busyServersAndGarbageAreTriedAgainAndNeverScoredAsAGuess() throws IOException {
    MmVetTask task = mmVet();
    replies.add(new Reply(503, "busy"));
    replies.add(new Reply(200, "0.5"));
    replies.add(new Reply(200, "I like it"));
    replies.add(new Reply(200, "NaN"));
    replies.add(new Reply(200, "1.0 | because"));
    for (int i = 0; i < 3; i++) {
      replies.add(new Reply(200, "no idea"));
    }
    Path reviews = folder.resolve("reviews.jsonl");
    Judging.Result result =
        new Judging(task, judge(2), reviews, 3, Duration.ofMillis(1)).judge(answers(), _ -> {});
    assertThat(result.unjudged()).containsExactly(2);
    assertThat(result.score().value()).isEqualTo(75);
    assertThat(result.score().strata().stream().mapToDouble(Stratum::value).sum()).isEqualTo(75);
    assertThat(result.score().points()).as("of some questions only").isEmpty();
    assertThat(result.score().figures()).containsEntry("ocr", 75.0).containsEntry("rec", 50.0);
    assertThat(bodies.getFirst())
        .contains("What is x?", "-1 <AND> -5", "four", "Example | 1 | 1 | 1.0");
    // run again: only what has no verdict is asked
    replies.add(new Reply(200, "0.0"));
    Judging.Result second =
        new Judging(task, judge(2), reviews, 3, Duration.ofMillis(1)).judge(answers(), _ -> {});
    assertThat(replies).isEmpty();
    assertThat(second.unjudged()).isEmpty();
    assertThat(second.score().value()).isEqualTo(50);
    assertThat(Files.readAllLines(reviews)).hasSize(3);
  }

  @Test
  void judgeThatTakesTooLongIsAskedAgainThenListed() throws IOException {
    replies.add(new Reply(200, "1.0"));
    replies.add(new Reply(SLOW, ""));
    replies.add(new Reply(200, "0.0"));
    replies.add(new Reply(SLOW, ""));
    replies.add(new Reply(SLOW, ""));
    List<Integer> progress = new ArrayList<>();
    Judging.Result result =
        new Judging(mmVet(), judge(2), folder.resolve("reviews.jsonl"), 3, Duration.ofMillis(1))
            .judge(answers(), progress::add);
    assertThat(replies).as("each time-out is one try").isEmpty();
    assertThat(result.unjudged()).containsExactly(2);
    assertThat(result.score().value()).isEqualTo(50);
    assertThat(progress).containsExactly(0, 1, 2, 3);
  }

  @Test
  void verdictsOnOtherAnswersAreRefused() throws IOException {
    MmVetTask task = mmVet();
    Path reviews = folder.resolve("reviews.jsonl");
    oneVerdict(task, reviews);
    List<Answer> others = new ArrayList<>(answers());
    others.set(0, new Answer(others.getFirst().id(), "", "something else"));
    assertThatThrownBy(() ->
            new Judging(task, judge(1), reviews, 1, Duration.ofMillis(1)).judge(others, _ -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("reviews.jsonl, line 1 rates another answer than the current one");
  }

  /// The line of the first answer's verdict, the only readable one.
  private String oneVerdict(MmVetTask task, Path reviews) throws IOException {
    replies.addAll(List.of(new Reply(200, "0.5"), new Reply(200, "none"), new Reply(200, "none")));
    new Judging(task, judge(1), reviews, 1, Duration.ofMillis(1)).judge(answers(), _ -> {});
    assertThat(Files.readAllLines(reviews)).hasSize(1);
    return Files.readString(reviews);
  }

  @Test
  void verdictsThatAreNoneOrOfAnotherJudgeAreRefused() throws IOException {
    MmVetTask task = mmVet();
    Path reviews = folder.resolve("reviews.jsonl");
    String line = oneVerdict(task, reviews);
    for (String broken :
        List.of(
            "garbage\n",
            line.replace("0.5", "good"),
            line.replace(":0,", ":3,"),
            line.replace("\"verdict\"", "\"words\""),
            line.replace("\"prompt_sha256\"", "\"prompt\""),
            line.replaceFirst("\"number\":0", "\"number\":1"),
            line.replace(judge(1).name(), "somebody"))) {
      Files.writeString(reviews, line + broken);
      assertThatThrownBy(() ->
              new Judging(task, judge(1), reviews, 1, Duration.ofMillis(1))
                  .judge(answers(), _ -> {}))
          .as(broken)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("reviews.jsonl")
          .hasMessageContaining("remove");
    }
    // what a killed run left behind the last line end is no verdict
    Files.writeString(reviews, line + line.substring(0, 20));
    replies.add(new Reply(200, "1.0"));
    replies.add(new Reply(200, "0.0"));
    assertThat(
            new Judging(task, judge(1), reviews, 1, Duration.ofMillis(1))
                .judge(answers(), _ -> {})
                .score()
                .value())
        .isEqualTo(50);
    assertThat(Files.readAllLines(reviews)).hasSize(3);
  }

  @Test
  void wrongKeyIsSaidAtOnce() {
    replies.add(new Reply(401, "who are you"));
    assertThatThrownBy(() -> judge(5).ask("", "prompt"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("answered 401")
        .hasMessageContaining("key");
    assertThat(bodies).hasSize(1);
  }

  @Test
  void silentServerIsGivenUpAfterItsTries() {
    replies.add(new Reply(500, ""));
    replies.add(new Reply(500, ""));
    assertThatThrownBy(() -> judge(2).ask("", "prompt"))
        .isInstanceOf(JudgeException.class)
        .hasMessageContaining("in 2 tries: status 500");
  }

  @Test
  void aJudgeThatIsDeadIsNotAskedAboutEveryAnswer() throws IOException {
    replies.add(new Reply(200, "1.0"));
    for (int i = 0; i < 3; i++) {
      replies.add(new Reply(500, ""));
    }
    List<Answer> answers =
        IntStream.range(0, 9).mapToObj(i -> new Answer(String.valueOf(i), "", "four")).toList();
    Judging.Result result =
        new Judging(mmVet(9), judge(1), folder.resolve("reviews.jsonl"), 3, Duration.ofMillis(1))
            .judge(answers, _ -> {});
    assertThat(bodies).hasSize(4);
    assertThat(result.unjudged()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    server.stop(0);
    assertThatThrownBy(() -> judge(1).ask("", "prompt"))
        .isInstanceOf(JudgeException.class)
        .hasMessageEndingWith("in 1 tries: no connection");
  }

  @Test
  void overlapOfWordsIsNamedAsWhatItIs() throws IOException {
    MmVetTask task = mmVet();
    assertThat(WordOverlap.f1("A small dog!", "a dog")).isEqualTo(0.8);
    assertThat(WordOverlap.f1("dog dog", "dog")).isEqualTo(2.0 / 3);
    assertThat(WordOverlap.f1("", "")).isEqualTo(1);
    assertThat(WordOverlap.score(task.questions(), answers(), task.references()).figures().keySet())
        .allMatch(name -> name.contains("not comparable"));
  }

  private Judge judge(int tries) {
    return new OpenAiJudge(
        new OpenAiJudge.Settings(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1"),
            "judge",
            Optional.empty(),
            0,
            8,
            tries,
            Duration.ofMillis(5),
            PATIENCE));
  }

  private static List<Answer> answers() {
    return List.of(
        new Answer("0", "", "four"), new Answer("1", "", "a dog"), new Answer("2", "", "?"));
  }

  private MmVetTask mmVet() throws IOException {
    return mmVet(3);
  }

  private MmVetTask mmVet(int count) throws IOException {
    StringBuilder questions = new StringBuilder();
    StringBuilder truth = new StringBuilder("{");
    List<String> capabilities = List.of("[\"ocr\",\"rec\"]", "[\"ocr\"]", "[\"rec\"]");
    for (int i = 0; i < count; i++) {
      questions
          .append("{\"question_id\":")
          .append(i)
          .append(",\"image\":\"v1_0.png\",\"text\":\"What is x?\"}\n");
      truth
          .append(i == 0 ? "" : ",")
          .append("\"v1_" + i + "\":{\"question\":\"What is x?\",\"answer\":\"-1<AND>-5\",")
          .append("\"capability\":" + capabilities.get(i % 3) + "}");
    }
    Files.writeString(folder.resolve("llava-mm-vet.jsonl"), questions);
    Files.writeString(folder.resolve("mm-vet.json"), truth + "}");
    Files.writeString(
        folder.resolve("mm-vet_evaluator.ipynb"),
        "{\"cells\":[{\"source\":[\"import x\\n\"]},{\"source\":[\"prompt = \\\"\\\"\\\"Rules\\n\","
            + "\"Example | 1 | 1 | 1.0\\\"\\\"\\\"\\n\"]}]}");
    return new MmVetTask(folder);
  }
}
