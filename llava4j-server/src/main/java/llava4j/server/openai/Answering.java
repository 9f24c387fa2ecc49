package llava4j.server.openai;

import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import llava4j.ChatResponse;
import llava4j.server.engine.Engine;
import llava4j.server.engine.Models;
import llava4j.server.engine.Run;
import llava4j.server.engine.RunEvent;
import llava4j.server.http.Exchange;
import llava4j.server.http.Handler;
import llava4j.server.request.Fields;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/// Answers a request whole or as a stream of server-sent events. Before the first piece of text
/// everything can still fail with its own status.
final class Answering implements Handler {
  private static final Map<String, String> STREAM =
      Map.of("Cache-Control", "no-cache", "X-Accel-Buffering", "no");

  private final Models models;
  private final Function<Fields, ChatCall> reader;
  private final BiFunction<ServedModel, AnswerJson, AnswerForm> forms;

  /// @param forms of each model
  Answering(
      Models models,
      Function<Fields, ChatCall> reader,
      BiFunction<ServedModel, AnswerJson, AnswerForm> forms) {
    this.models = models;
    this.reader = reader;
    this.forms = forms;
  }

  @Override
  public void handle(Exchange exchange) throws InterruptedException {
    Fields body = Json.read(exchange.body());
    Engine engine = models.find(body.text("model"));
    ChatCall call = reader.apply(body);
    AnswerForm form = forms.apply(engine.model(), new AnswerJson(engine.tokenizer()));
    Run run = engine.submit(call.question(), exchange.caller());
    exchange.whenGone(run::cancel);
    try {
      if (call.streamed()) {
        stream(exchange, call, form.pieces(call, newId()), run);
      } else {
        exchange.json(200, form.whole(call, newId(), whole(call, run)));
      }
    } catch (Refusal | InterruptedException e) {
      run.cancel();
      throw e;
    }
  }

  private static ChatResponse whole(ChatCall call, Run run) throws InterruptedException {
    while (true) {
      switch (run.next()) {
        case RunEvent.Text _ -> {}
        case RunEvent.Done(ChatResponse response) -> {
          return response;
        }
        case RunEvent.Failed(Refusal refusal) -> throw refusal.inField(call.asked());
      }
    }
  }

  private static void stream(Exchange exchange, ChatCall call, AnswerForm.Pieces pieces, Run run)
      throws InterruptedException {
    RunEvent event = run.next();
    if (event instanceof RunEvent.Failed(Refusal refusal)) {
      throw refusal.inField(call.asked());
    }
    exchange.begin("text/event-stream; charset=utf-8", STREAM);
    for (ObjectNode first : pieces.first()) {
      send(exchange, first);
    }
    while (true) {
      switch (event) {
        case RunEvent.Text(int answer, String text) -> {
          for (ObjectNode piece : pieces.text(answer, text)) {
            send(exchange, piece);
          }
        }
        case RunEvent.Done(ChatResponse response) -> {
          for (ObjectNode last : pieces.last(response)) {
            send(exchange, last);
          }
          exchange.write("data: [DONE]\n\n");
          exchange.end();
          return;
        }
        case RunEvent.Failed(Refusal refusal) -> {
          send(exchange, pieces.failed(refusal));
          exchange.end();
          throw refusal;
        }
      }
      event = run.next();
    }
  }

  private static void send(Exchange exchange, ObjectNode piece) throws InterruptedException {
    String name = piece.has("type") ? "event: " + piece.get("type").asString() + "\n" : "";
    exchange.write(name + "data: " + Json.write(piece) + "\n\n");
  }

  private static String newId() {
    byte[] random = new byte[12];
    ThreadLocalRandom.current().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
