package llava4j.server.request;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import llava4j.constraint.Constraint;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import llava4j.generate.RequiredForm;
import llava4j.server.request.Fields.Kind;
import tools.jackson.databind.JsonNode;

/// The form that a request wants its answers to have for certain. Schemas are compiled one after
/// the other on a thread of their own: those of many requests must not keep the cores from answers
/// and health checks. Images and prompt of the request are read meanwhile; what is wrong with the
/// schema, the request fails with.
public final class AnswerFormat implements AutoCloseable {
  private static final int MOST_WAITING = 32;
  private static final int MOST_SHOWN = 4;
  private static final int LONGEST_SHOWN = 60;
  private static final Limits LIMITS =
      new Limits(
          Limits.defaults().sourceLength(),
          Limits.defaults().nodes(),
          Limits.defaults().alternatives(),
          Limits.defaults().states(),
          Duration.ofSeconds(2),
          Duration.ofMillis(500));

  private final ThreadPoolExecutor compiler =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_WAITING),
          Thread.ofPlatform().daemon().name("llava4j-schemas").factory());

  /// OpenAI's `response_format`. Whether a schema is called strict makes no difference: answers
  /// fulfil it in any case.
  ///
  /// @return empty for text
  public Optional<RequiredForm> ofOpenAi(Fields body) {
    Optional<Fields> format = body.object("response_format");
    if (format.isEmpty()) {
      return Optional.empty();
    }
    return ofType(format.get(), () -> named(format.get()));
  }

  /// The `text.format` of OpenAI's responses: the schema stands beside its name.
  ///
  /// @return empty for text
  public Optional<RequiredForm> ofResponses(Fields format) {
    return ofType(format, () -> schema(format));
  }

  private static Optional<RequiredForm> ofType(Fields format, Supplier<RequiredForm> schema) {
    Optional<RequiredForm> form =
        switch (format.requiredText("type")) {
          case "text" -> Optional.empty();
          case "json_object" -> Optional.of(anyObject());
          case "json_schema" -> Optional.of(schema.get());
          default -> {
            String place = format.path("type");
            throw Refusal.badField(
                place, place + " must be text, json_object or json_schema; correct it");
          }
        };
    format.requireNoOther();
    return form;
  }

  private RequiredForm named(Fields format) {
    Fields named =
        format
            .object("json_schema")
            .orElseThrow(() ->
                Refusal.badField(
                    "response_format.json_schema",
                    "response_format.json_schema is missing; give a name and a schema"));
    RequiredForm form = schema(named);
    named.requireNoOther();
    return form;
  }

  private RequiredForm schema(Fields named) {
    String place = named.path("schema");
    JsonNode schema =
        named
            .any("schema")
            .orElseThrow(() -> Refusal.badField(place, place + " is missing; give a JSON Schema"));
    named.allow(Kind.TEXT, "name", "description");
    named.allow(Kind.FLAG, "strict");
    return compiled(place, schema);
  }

  /// Ollama's `format`: `json`, or a JSON Schema.
  ///
  /// @return empty for text
  public Optional<RequiredForm> ofOllama(Fields body) {
    Optional<JsonNode> format = body.any("format");
    if (format.isPresent() && format.get().isObject()) {
      return Optional.of(compiled("format", format.get()));
    }
    body.refuseUnless("format", Set.of("", "json"), "format is json or a JSON Schema");
    boolean json = format.isPresent() && format.get().asString().equals("json");
    return json ? Optional.of(anyObject()) : Optional.empty();
  }

  private static RequiredForm anyObject() {
    return new RequiredForm.Compiled(Constraint.jsonObject());
  }

  /// Returns when compiling begins: only one request at a time keeps a place while it is compiled.
  private RequiredForm compiled(String place, JsonNode schema) {
    Semaphore begun = new Semaphore(0);
    Supplier<Constraint> work =
        () -> {
          begun.release();
          return constraint(place, schema);
        };
    try {
      RequiredForm form = new RequiredForm.Compiling(CompletableFuture.supplyAsync(work, compiler));
      begun.acquireUninterruptibly();
      return form;
    } catch (RejectedExecutionException e) {
      throw Refusal.later(
              Refusal.Reason.BUSY, "too many schemas wait to be compiled; send it again later", 2)
          .withCause(e);
    }
  }

  private static Constraint constraint(String place, JsonNode schema) {
    try {
      Constraint constraint = Constraint.jsonSchema(schema.toString(), LIMITS);
      if (!constraint.ignored().isEmpty()) {
        throw Refusal.badField(
            place,
            place
                + " has what has no effect: "
                + shown(List.copyOf(constraint.ignored()))
                + "; correct it or leave it out");
      }
      return constraint;
    } catch (ConstraintException e) {
      throw Refusal.badField(place, place + ": " + e.getMessage()).withCause(e);
    }
  }

  private static String shown(List<String> places) {
    String some =
        places.stream()
            .limit(MOST_SHOWN)
            .map(
                one -> one.length() > LONGEST_SHOWN ? one.substring(0, LONGEST_SHOWN) + "..." : one)
            .collect(Collectors.joining(", "));
    int more = places.size() - MOST_SHOWN;
    return more > 0 ? some + " and " + more + " more" : some;
  }

  @Override
  public void close() {
    compiler.shutdownNow();
  }
}
