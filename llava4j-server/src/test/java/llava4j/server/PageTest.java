package llava4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageTest {
  @Test
  void everybodySeesThePageWhichRunsNoForeignScript() throws Exception {
    try (ServerFixture fixture =
        new ServerFixture(ServerSettings.defaults().withApiKey("secret"))) {
      Client.Reply page = fixture.client.get("/");
      Client.Reply script = fixture.client.get("/page.js");

      assertThat(page.status()).isEqualTo(200);
      assertThat(page.response().headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'")
          .doesNotContain("unsafe");
      assertThat(page.text())
          .contains("<html lang=\"en\">", "src=\"page.js\"")
          .doesNotContain("http:", "https:", "onclick", "style=", "<style");
      assertThat(script.text())
          .doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "http");
      assertThat(fixture.client.get("/page.css").text()).doesNotContain("url(", "@import");
      assertThat(fixture.client.get("/index.html").status()).isEqualTo(404);
    }
  }
}
