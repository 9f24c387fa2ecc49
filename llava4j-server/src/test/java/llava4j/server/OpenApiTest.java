package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import llava4j.golden.Golden;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `/openapi.json` is true: all paths, all fields that readers accept and no other, and the
/// answers.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path IMAGE = Golden.path("images/shapes_rgb.png");

  private ServerFixture fixture;
  private Described described;

  @BeforeAll
  void start() throws Exception {
    fixture = new ServerFixture();
    described = new Described(fixture.client.get("/openapi.json").json());
  }

  @AfterAll
  void stop() {
    assertThat(fixture.failures).isEmpty();
    fixture.close();
  }

  /// But for the files of the page.
  @Test
  void everyPathIsDescribedAndNoOther() throws Exception {
    Set<String> there = new TreeSet<>();
    for (Map.Entry<String, Set<String>> path : fixture.server.paths().entrySet()) {
      for (String method : path.getValue()) {
        if (!isOfThePage(method, path.getKey())) {
          there.add(method + " " + path.getKey());
        }
      }
    }
    Set<String> told = new TreeSet<>();
    described
        .operations()
        .forEach(one -> told.add(one.method() + " " + one.path().replace("{model}", "")));

    assertThat(told).isEqualTo(there).hasSizeGreaterThan(15);
  }

  private boolean isOfThePage(String method, String path) throws Exception {
    if (!method.equals("GET")) {
      return false;
    }
    if (path.startsWith("/page/")) {
      return true;
    }
    String type =
        fixture.client.get(path).response().headers().firstValue("Content-Type").orElseThrow();
    return type.matches("(text/(html|css|javascript)|image/|font/).*");
  }

  /// Bodies that have every object that a request can have.
  private static List<Body> bodies() throws IOException {
    String uri = Client.dataUri(IMAGE);
    String base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(IMAGE));
    String object = "{\"type\":\"object\"}";
    return List.of(
        body(
            "/v1/chat/completions",
            "{'max_tokens':1,'messages':[{'role':'user','content':[{'type':'text','text':'a'},"
                + "{'type':'image_url','image_url':{'url':'"
                + uri
                + "'}}]}],'stream':true,'stream_options':{'include_usage':true},'logprobs':true}"),
        body(
            "/v1/chat/completions",
            "{'max_tokens':1,'messages':[{'role':'system','content':'a'},{'role':'user','content':'a'}],'top_logprobs':2,'logprobs':true,"
                + "'response_format':{'type':'json_schema','json_schema':{'schema':"
                + object
                + "}}}"),
        body(
            "/v1/chat/completions",
            "{'max_tokens':1,'messages':[{'role':'user','content':'a'}],'response_format':{'type':'text'}}"),
        body(
            "/v1/chat/completions",
            "{'max_tokens':1,'messages':[{'role':'user','content':'a'}],'structured_outputs':{'choice':['a']}}"),
        body("/v1/completions", "{'max_tokens':1,'prompt':'a','logprobs':2}"),
        body(
            "/v1/completions",
            "{'max_tokens':1,'prompt':'a','stream':true,'stream_options':{'include_usage':true}}"),
        body(
            "/v1/responses",
            "{'max_output_tokens':1,'stream':true,'stream_options':{},'input':[{'role':'user','content':[{'type':'input_text','text':'a'},"
                + "{'type':'input_image','image_url':'"
                + uri
                + "'}]},{'role':'assistant','content':[{'type':'output_text','text':'b'}]},{'role':'user','content':'c'}],'top_logprobs':1,"
                + "'text':{'format':{'type':'json_schema','name':'x','schema':"
                + object
                + "}}}"),
        body(
            "/v1/responses",
            "{'max_output_tokens':1,'input':'a','text':{'format':{'type':'text'}}}"),
        body("/v1/embeddings", "{'input':['a',' b']}"),
        body("/v1/embeddings", "{'input':[1,2],'encoding_format':'base64'}"),
        body("/tokenize", "{'prompt':'a'}"),
        body(
            "/api/chat",
            "{'model':'original','options':{'num_predict':1},'messages':[{'role':'user','content':'a','images':['"
                + base64
                + "']}]}"),
        body(
            "/api/chat",
            "{'model':'original','stream':false,'options':{'num_predict':1},'messages':[{'role':'user','content':'a'}]}"),
        body("/api/chat", "{'model':'original'}"),
        body(
            "/api/generate",
            "{'model':'original','prompt':'a','stream':false,'options':{'num_predict':1}}"),
        body("/api/generate", "{'model':'original','prompt':'a','options':{'num_predict':1}}"),
        body("/api/generate", "{'model':'original'}"),
        body("/api/embed", "{'model':'original','input':['a','b'],'options':{'num_ctx':1}}"),
        body("/api/embed", "{'model':'original','input':'a'}"),
        body("/api/show", "{'model':'original'}"));
  }

  private record Body(String path, JsonNode json) {}

  private static Body body(String path, String text) {
    return new Body(path, Client.json(text.replace('\'', '"')));
  }

  @Test
  void everyFieldThatIsAcceptedIsDescribedAndNoOther() throws Exception {
    Set<String> candidates = wordsOfTheReaders();
    Set<JsonNode> seen = new java.util.HashSet<>();
    List<String> wrong = new ArrayList<>();
    int asked = 0;
    for (Body body : bodies()) {
      JsonNode schema = request(body.path());
      assertThat(described.errors(schema, body.json())).as(body.json().toString()).isEmpty();
      for (Described.Place place : described.places(schema, body.json())) {
        if (!seen.add(place.schema())) {
          continue;
        }
        Set<String> known = new TreeSet<>(place.schema().get("properties").propertyNames());
        for (String name : Stream.concat(candidates.stream(), known.stream()).distinct().toList()) {
          if (isUnknown(body, place, name) == known.contains(name)) {
            wrong.add(body.path() + " " + place.pointer() + " " + name);
          }
          asked++;
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(asked).isGreaterThan(1000);
    assertThat(seen).containsAll(objectsOfRequests());
  }

  /// A value of a type that no field has, so that nothing is generated for a known one.
  private boolean isUnknown(Body body, Described.Place place, String name) throws Exception {
    ObjectNode changed = (ObjectNode) body.json().deepCopy();
    ObjectNode object =
        (ObjectNode) (place.pointer().isEmpty() ? changed : changed.at(place.pointer()));
    object.putArray(name).addArray().add(7);
    return fixture
        .client
        .post(body.path(), changed.toString())
        .text()
        .contains("there is no field");
  }

  /// All words in the classes that read requests: a field that a reader knows is one of them.
  private static Set<String> wordsOfTheReaders() throws Exception {
    Set<String> words = new TreeSet<>();
    Path classes =
        Path.of(LlavaServer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    for (String room : List.of("openai", "ollama", "request")) {
      try (Stream<Path> files = Files.list(classes.resolve("llava4j/server/" + room))) {
        for (Path file : files.toList()) {
          for (PoolEntry entry : ClassFile.of().parse(file).constantPool()) {
            if (entry instanceof StringEntry text
                && text.stringValue().matches("[a-z][a-z0-9_]*")) {
              words.add(text.stringValue());
            }
          }
        }
      }
    }
    assertThat(words).contains("messages", "keep_alive", "encoding_format", "temperature");
    return words;
  }

  private Set<JsonNode> objectsOfRequests() {
    Set<JsonNode> objects = new java.util.HashSet<>();
    described.operations().forEach(one -> one.request().ifPresent(schema -> find(schema, objects)));
    return objects;
  }

  private void find(JsonNode given, Set<JsonNode> objects) {
    JsonNode schema = described.resolved(given);
    if (schema.path("additionalProperties").isBoolean()
        && !schema.get("additionalProperties").booleanValue()) {
      objects.add(schema);
    }
    schema.path("properties").forEach(one -> find(one, objects));
    schema.path("oneOf").forEach(one -> find(one, objects));
    schema.path("anyOf").forEach(one -> find(one, objects));
    if (schema.has("items")) {
      find(schema.get("items"), objects);
    }
  }

  @Test
  void everyAnswerIsAsDescribed() throws Exception {
    Set<String> checked = new TreeSet<>();
    for (Body body : bodies()) {
      check(operation("POST", body.path()), body.json().toString(), checked);
      check(operation("POST", body.path()), "{}", checked);
      check(operation("POST", body.path()), "{\"model\":\"none\"}", checked);
    }
    for (Described.Operation one : described.operations()) {
      if (one.method().equals("GET")) {
        check(one, "", checked);
      }
    }

    assertThat(checked).hasSizeGreaterThan(30);
  }

  /// @param checked gets the operation, status and type
  private void check(Described.Operation operation, String body, Set<String> checked)
      throws Exception {
    String path = operation.path().replace("{model}", "original");
    HttpRequest.BodyPublisher publisher =
        body.isEmpty()
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body);
    Client.Reply reply =
        fixture.client.send(fixture.client.to(path).method(operation.method(), publisher).build());
    String type = reply.response().headers().firstValue("Content-Type").orElseThrow();
    String what = operation.method() + " " + path + " " + reply.status() + " " + type;
    JsonNode schema = operation.answer(reply.status(), type);
    assertThat(schema.isMissingNode()).as(what).isFalse();
    for (JsonNode item : items(reply.text(), type)) {
      assertThat(described.errors(schema, item)).as(what + ": " + item).isEmpty();
    }
    checked.add(what);
  }

  private static List<JsonNode> items(String text, String type) {
    if (type.startsWith("text/event-stream")) {
      return text.lines()
          .filter(line -> line.startsWith("data: {"))
          .map(line -> Client.json(line.substring("data: ".length())))
          .toList();
    }
    if (type.startsWith("application/x-ndjson")) {
      return text.lines().map(Client::json).toList();
    }
    return List.of(
        type.startsWith("application/json")
            ? Client.json(text)
            : JSON.getNodeFactory().stringNode(text));
  }

  private JsonNode request(String path) {
    return operation("POST", path).request().orElseThrow();
  }

  private Described.Operation operation(String method, String path) {
    return described.operations().stream()
        .filter(one -> one.path().equals(path) && one.method().equals(method))
        .findFirst()
        .orElseThrow();
  }
}
