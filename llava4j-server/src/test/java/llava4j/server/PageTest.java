package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PageTest {
  private static final Path SOURCES = Path.of("src/main/resources/llava4j/server/page");
  private static final Pattern NAMED =
      Pattern.compile("(?:\\bsrc=|\\bhref=|\\bfrom )\"((?!data:|#)[^\"]+)\"");

  @Test
  void everybodySeesThePageWhichRunsNoForeignScript() throws Exception {
    try (ServerFixture fixture =
        new ServerFixture(ServerSettings.defaults().withApiKey("secret"))) {
      Map<String, Client.Reply> files = reachable(fixture.client);

      assertThat(files.get("/").text()).contains("<html lang=\"en\">", "<script type=\"module\"");
      files.forEach((path, reply) -> {
        assertThat(reply.response().headers().firstValue("Content-Security-Policy"))
            .as(path)
            .hasValueSatisfying(policy ->
                assertThat(policy)
                    .contains("default-src 'none'", "require-trusted-types-for 'script'")
                    .doesNotContain("unsafe", "http", "*"));
        assertThat(reply.response().headers().firstValue("X-Content-Type-Options"))
            .as(path)
            .hasValue("nosniff");
        if (!path.contains("/vendor/")) {
          assertThat(reply.text())
              .as(path)
              .doesNotContain("onclick", "style=", "<style", "url(", "@import", "innerHTML")
              .doesNotContain("insertAdjacentHTML", "document.write", "eval(", "import(");
        }
      });
      assertThat(types(files))
          .isEqualTo(
              Map.of(
                  "html", "text/html; charset=utf-8",
                  "css", "text/css; charset=utf-8",
                  "js", "text/javascript; charset=utf-8",
                  "mjs", "text/javascript; charset=utf-8"));
      assertThat(fixture.client.get("/index.html").status()).isEqualTo(404);
      assertThat(fixture.client.get("/page/../Page.class").status()).isEqualTo(404);
    }
  }

  @Test
  void thePageNeedsEachOfItsFilesAndLicencesLieBesideForeignOnes() throws Exception {
    try (ServerFixture fixture = new ServerFixture(ServerSettings.defaults());
        Stream<Path> sources = Files.list(SOURCES)) {
      Set<String> ours =
          sources
              .map(file -> file.getFileName().toString())
              .map(name -> name.equals("index.html") ? "/" : "/page/" + name)
              .collect(Collectors.toCollection(TreeSet::new));
      Set<String> needed = new TreeSet<>(reachable(fixture.client).keySet());
      needed.removeIf(path -> path.contains("/vendor/"));

      assertThat(needed).isEqualTo(ours);
      assertThat(fixture.client.get("/page/vendor/marked/LICENSE.md").text())
          .contains("Permission is hereby granted");
      assertThat(fixture.client.get("/page/vendor/dompurify/LICENSE").text())
          .contains("Apache License");
    }
  }

  /// All files that the page names, and those that they name.
  private static Map<String, Client.Reply> reachable(Client client) throws Exception {
    Map<String, Client.Reply> found = new TreeMap<>();
    Deque<URI> left = new ArrayDeque<>(Set.of(URI.create("/")));
    while (!left.isEmpty()) {
      URI path = left.remove();
      if (found.containsKey(path.toString())) {
        continue;
      }
      Client.Reply reply = client.get(path.toString());
      assertThat(reply.status()).as(path.toString()).isEqualTo(200);
      found.put(path.toString(), reply);
      if (!path.toString().contains("/vendor/")) {
        Matcher names = NAMED.matcher(reply.text());
        while (names.find()) {
          left.add(path.resolve(names.group(1)));
        }
      }
    }
    return found;
  }

  /// The content types by the endings of the paths.
  private static Map<String, String> types(Map<String, Client.Reply> files) {
    Map<String, String> types = new TreeMap<>();
    files.forEach((path, reply) ->
        types.put(
            path.equals("/") ? "html" : path.substring(path.lastIndexOf('.') + 1),
            reply.response().headers().firstValue("Content-Type").orElseThrow()));
    return types;
  }
}
