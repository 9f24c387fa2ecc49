package llava4j.server.request;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.constraint.Constraint;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import llava4j.generate.RequiredForm;
import llava4j.server.request.Fields.Kind;
import tools.jackson.databind.JsonNode;

/// The form that a request wants its answers to have for certain. Forms are compiled one after the
/// other on a thread of their own: those of many requests must not keep the cores from answers and
/// health checks. Images and prompt of the request are read meanwhile; what is wrong with the form,
/// the request fails with.
public final class AnswerFormat implements AutoCloseable {
  private static final String RESPONSE_FORMAT = "response_format";
  private static final String STRUCTURED = "structured_outputs";
  private static final String REGEX = "regex";
  private static final String CHOICE = "choice";
  private static final String GRAMMAR = "grammar";
  private static final String JSON = "json";
  private static final String JSON_OBJECT = "json_object";
  private static final int MOST_WAITING = 32;

  /// Some of the work on a form grows with the square of its length and does not look at the clock.
  private static final int LONGEST_SOURCE = 1 << 16;

  private static final int MOST_SHOWN = 4;
  private static final int LONGEST_SHOWN = 60;
  private static final Limits LIMITS =
      new Limits(
          LONGEST_SOURCE,
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

  /// Requests whose form is not begun to be compiled.
  private final Set<Semaphore> waiting = ConcurrentHashMap.newKeySet();

  /// OpenAI's `response_format`, or vLLM's `structured_outputs`. Whether a schema is called strict
  /// makes no difference: answers fulfil it in any case.
  ///
  /// @return empty for text
  public Optional<RequiredForm> ofOpenAi(Fields body) {
    Optional<Fields> format = body.object(RESPONSE_FORMAT);
    Optional<Fields> structured = body.object(STRUCTURED);
    if (format.isPresent() && structured.isPresent()) {
      throw Refusal.badField(
          STRUCTURED, STRUCTURED + " and " + RESPONSE_FORMAT + " both ask for a form; give one");
    }
    return structured
        .map(this::structured)
        .or(() -> format.flatMap(object -> ofType(object, () -> named(object))));
  }

  /// Exactly one of its members.
  private RequiredForm structured(Fields forms) {
    Optional<String> regex = forms.text(REGEX);
    Optional<String> grammar = forms.text(GRAMMAR);
    Optional<JsonNode> schema = forms.any(JSON);
    Optional<JsonNode> choice = forms.any(CHOICE);
    boolean object = forms.flag(JSON_OBJECT).orElse(false);
    forms.requireNoOther();
    long given = Stream.of(regex, grammar, schema, choice).filter(Optional::isPresent).count();
    if (given + (object ? 1 : 0) != 1) {
      throw Refusal.badField(
          STRUCTURED,
          STRUCTURED + " must have exactly one of regex, choice, grammar, json and json_object");
    }
    if (object) {
      return anyObject();
    }
    if (regex.isPresent()) {
      return compiled(forms.path(REGEX), () -> Constraint.regex(regex.get(), LIMITS));
    }
    if (grammar.isPresent()) {
      return compiled(forms.path(GRAMMAR), () -> Constraint.grammar(grammar.get(), LIMITS));
    }
    if (schema.isPresent()) {
      String text = schema.get().isString() ? schema.get().stringValue() : schema.get().toString();
      return compiled(forms.path(JSON), () -> Constraint.jsonSchema(text, LIMITS));
    }
    List<String> texts = choices(forms);
    return compiled(forms.path(CHOICE), () -> Constraint.choice(texts, LIMITS));
  }

  private static List<String> choices(Fields forms) {
    List<JsonNode> items = forms.list(CHOICE);
    if (!items.stream().allMatch(JsonNode::isString)) {
      String place = forms.path(CHOICE);
      throw Refusal.badField(place, place + " must be a list of strings; correct it");
    }
    return items.stream().map(JsonNode::stringValue).toList();
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
                    RESPONSE_FORMAT + ".json_schema",
                    RESPONSE_FORMAT + ".json_schema is missing; give a name and a schema"));
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
    body.refuseUnless("format", Set.of("", JSON), "format is json or a JSON Schema");
    boolean json = format.isPresent() && format.get().asString().equals(JSON);
    return json ? Optional.of(anyObject()) : Optional.empty();
  }

  /// Waits until a form is compiled.
  ///
  /// @throws Refusal what is wrong with it
  public static void requireCompilable(RequiredForm form) {
    if (form instanceof RequiredForm.Compiling(CompletableFuture<Constraint> constraint)) {
      try {
        Constraint _ = constraint.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof Refusal refusal) {
          throw refusal;
        }
        throw e;
      }
    }
  }

  private static RequiredForm anyObject() {
    return new RequiredForm.Compiled(Constraint.jsonObject());
  }

  private RequiredForm compiled(String place, JsonNode schema) {
    return compiled(place, () -> Constraint.jsonSchema(schema.toString(), LIMITS));
  }

  /// Returns when compiling begins: only one request at a time keeps a place while it is compiled.
  private RequiredForm compiled(String place, Supplier<Constraint> compile) {
    Semaphore begun = new Semaphore(0);
    waiting.add(begun);
    Supplier<Constraint> work =
        () -> {
          begun.release();
          return checked(place, compile);
        };
    try {
      RequiredForm form = new RequiredForm.Compiling(CompletableFuture.supplyAsync(work, compiler));
      begun.acquireUninterruptibly();
      if (compiler.isShutdown()) {
        throw Refusal.stopping();
      }
      return form;
    } catch (RejectedExecutionException e) {
      if (compiler.isShutdown()) {
        throw Refusal.stopping().withCause(e);
      }
      throw Refusal.later(
              Refusal.Reason.BUSY,
              "too many schemas and other forms wait to be compiled; send it again later",
              2)
          .withCause(e);
    } finally {
      waiting.remove(begun);
    }
  }

  private static Constraint checked(String place, Supplier<Constraint> compile) {
    try {
      Constraint constraint = compile.get();
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
    compiler.shutdownNow(); // drops what waits
    waiting.forEach(Semaphore::release);
  }
}
