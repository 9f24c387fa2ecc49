package llava4j.checkpoint.hub;

import static llava4j.checkpoint.hub.FakeHub.COMMIT;
import static llava4j.checkpoint.hub.FakeHub.filePath;
import static llava4j.checkpoint.hub.FakeHub.listingPath;
import static llava4j.checkpoint.hub.FakeHub.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a network and a hub may do wrong.
@Timeout(30)
class HubFaultsTest {
  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path folder;
  private final byte[] weights = new byte[300_000];
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    new Random(7).nextBytes(weights);
    hub = new FakeHub(folder);
    hub.files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    hub.files.put(WEIGHTS, weights);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void aSilentConnectionCountsAsCut() {
    CountDownLatch done = new CountDownLatch(1);
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (time == 1) {
            hub.sendBeginning(exchange, weights, 100_000);
            done.await();
          } else {
            hub.sendRange(exchange, weights);
          }
        });
    assertWhole(hub.fetch("team/tiny"));
    done.countDown();
    assertThat(hub.bytesSent).hasValueLessThan(weights.length + 70_000L);
  }

  @Test
  void aListingThatIsCutIsAskedForAgain() {
    hub.on(
        listingPath(),
        (exchange, time) -> {
          String listing = hub.listing(true);
          if (time == 1) {
            exchange.sendResponseHeaders(200, listing.length());
            exchange
                .getResponseBody()
                .write(listing.substring(0, 20).getBytes(StandardCharsets.UTF_8));
            throw new IOException("cut");
          }
          send(exchange, 200, listing);
        });
    assertWhole(hub.fetch("team/tiny"));
  }

  @Test
  void retryAfterIsObeyedInSecondsAndAsDate() {
    String inAMinute =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(1));
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (time > 2) {
            hub.sendRange(exchange, weights);
            return;
          }
          exchange.getResponseHeaders().add("Retry-After", time == 1 ? "7" : inAMinute);
          exchange.sendResponseHeaders(429, -1);
        });
    assertWhole(hub.fetch("team/tiny"));
    assertThat(hub.pauses).hasSize(2).first().isEqualTo(Duration.ofSeconds(7));
    assertThat(hub.pauses.getLast()).isBetween(Duration.ofSeconds(45), Duration.ofSeconds(60));
  }

  @Test
  void aWishToWaitForHoursIsToldInsteadOfObeyed() {
    hub.on(
        listingPath(),
        (exchange, _) -> {
          exchange.getResponseHeaders().add("Retry-After", "7200");
          exchange.sendResponseHeaders(429, -1);
        });
    assertBad("team/tiny", "asks to wait 120 minutes");
    assertThat(hub.pauses).isEmpty();
  }

  @Test
  void threeServerErrorsAreOutlastedWithGrowingPauses() {
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (time <= 3) {
            exchange.sendResponseHeaders(500, -1);
          } else {
            hub.sendRange(exchange, weights);
          }
        });
    assertWhole(hub.fetch("team/tiny"));
    assertThat(hub.pauses).hasSize(3).isSorted();
    assertThat(hub.pauses.getLast()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(5));
  }

  @Test
  void aFileShorterThanListedIsGivenUpWithBothLengths() {
    hub.on(filePath(WEIGHTS), (exchange, _) -> send(exchange, 200, "short"));
    assertBad("team/tiny", "always ends it at 5 of 300000 bytes");
  }

  @Test
  void cutsForEverAreGivenUp() {
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          // back and forth, so that growth since the last cut alone would look like progress
          hub.sendBeginning(exchange, weights, time % 2 == 0 ? 5_000 : 10_000);
          throw new IOException("cut");
        });
    assertBad("team/tiny", "of 300000 bytes; try again later");
    assertThat(hub.count("GET", filePath(WEIGHTS))).isLessThan(10);
  }

  @Test
  void eachKindOfAbsenceIsNamed() {
    hub.on(listingPath(), (exchange, _) -> exchange.sendResponseHeaders(404, -1));
    assertBad("team/tiny", "there is no such repository");
    hub.on("/api/models/team/tiny", (exchange, _) -> send(exchange, 200, "{}"));
    assertBad("team/tiny", "has no such revision");
    hub.on(
        listingPath(),
        (exchange, _) -> {
          exchange.getResponseHeaders().add("X-Error-Code", "RepoNotFound");
          exchange.sendResponseHeaders(404, -1);
        });
    assertBad("team/tiny", "there is no such repository");
    hub.on(listingPath(), (exchange, _) -> send(exchange, 200, hub.listing(true)));
    hub.on(filePath(WEIGHTS), (exchange, _) -> exchange.sendResponseHeaders(404, -1));
    assertBad("team/tiny", "model.safetensors of team/tiny@main does not exist");
  }

  @Test
  void aLicenceToAcceptIsNamedAndTheTokenIsNot() {
    hub.on(
        filePath(WEIGHTS),
        (exchange, _) -> {
          exchange.getResponseHeaders().add("X-Error-Code", "GatedRepo");
          exchange.sendResponseHeaders(403, -1);
        });
    HubClient client = hub.client(hub.settings(Optional.of("hf_secret")));
    assertThatThrownBy(
            () -> client.fetch(HubReference.parse("team/tiny"), (_, _) -> {}, hub.notes::add))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("accept the model's licence")
        .hasMessageNotContaining("hf_secret");
  }

  @Test
  void aHubWithoutBlobIdsIsAskedFileByFile() {
    hub.on(listingPath(), (exchange, _) -> send(exchange, 200, hub.listing(false)));
    Path snapshot = hub.fetch("team/tiny");
    assertWhole(snapshot);
    assertThat(hub.count("HEAD", filePath(WEIGHTS))).isEqualTo(1);
    hub.fetch("team/tiny");
    assertThat(hub.count("HEAD", filePath(WEIGHTS))).as("there already").isEqualTo(1);
    assertThat(hub.count("GET", filePath(WEIGHTS))).isEqualTo(1);
  }

  @Test
  void anEtagThatLeavesTheFolderIsRefused() {
    hub.on(listingPath(), (exchange, _) -> send(exchange, 200, hub.listing(false)));
    hub.on(
        filePath(WEIGHTS),
        (exchange, _) -> {
          exchange.getResponseHeaders().add("ETag", "\"../../../evil\"");
          exchange.sendResponseHeaders(200, -1);
        });
    assertBad("team/tiny", "does not answer like a hub");
  }

  @Test
  void aFileOfUnknownSizeIsNotTakenAsWholeAfterACut() {
    hub.on(listingPath(), (exchange, _) -> send(exchange, 200, hub.listing(false)));
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().add("ETag", "\"abc\"");
            exchange.getResponseHeaders().add("Transfer-Encoding", "chunked");
            exchange.sendResponseHeaders(200, -1);
          } else if (time == 1) {
            hub.sendBeginning(exchange, weights, 1000);
            throw new IOException("cut");
          } else {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(weights);
          }
        });
    assertWhole(hub.fetch("team/tiny"));
  }

  @Test
  void anInterruptKeepsWhatWasFetchedAndTheNextRunGoesOn() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (time == 1) {
            hub.sendBeginning(exchange, weights, 100_000);
            begun.countDown();
            done.await();
          } else {
            hub.sendRange(exchange, weights);
          }
        });
    AtomicReference<Exception> failure = new AtomicReference<>();
    Thread fetching =
        Thread.ofPlatform()
            .start(() -> {
              try {
                hub.fetch("team/tiny");
              } catch (BadInputException e) {
                failure.set(e);
              }
            });
    begun.await();
    Path part = partOfWeights();
    while (!Files.exists(part) || Files.size(part) == 0) {
      Thread.sleep(5);
    }
    fetching.interrupt();
    fetching.join();
    done.countDown();
    assertThat(failure.get()).hasMessageContaining("interrupted");
    assertThat(part).isRegularFile();
    long kept = Files.size(part);
    hub.bytesSent.set(0);
    assertWhole(hub.fetch("team/tiny"));
    assertThat(hub.bytesSent).hasValueLessThanOrEqualTo(weights.length - kept + 2);
  }

  @Test
  void aDamagedBeginningOfAnEarlierRunIsFetchedAgain() throws Exception {
    Files.createDirectories(partOfWeights().getParent());
    Files.write(partOfWeights(), new byte[50_000]);
    assertWhole(hub.fetch("team/tiny"));
    assertThat(hub.notes).anyMatch(note -> note.contains("resumed from damaged data"));
  }

  @Test
  void aPartThatIsTooLongIsFetchedAgain() throws Exception {
    Files.createDirectories(partOfWeights().getParent());
    Files.write(partOfWeights(), new byte[300_001]);
    assertWhole(hub.fetch("team/tiny"));
  }

  @Test
  void aRangeThatStartsElsewhereIsNotAppended() {
    hub.on(
        filePath(WEIGHTS),
        (exchange, time) -> {
          if (time == 1) {
            hub.sendBeginning(exchange, weights, 100_000);
            throw new IOException("cut");
          } else if (time == 2) {
            exchange.getResponseHeaders().add("Content-Range", "bytes 0-299999/300000");
            exchange.sendResponseHeaders(206, weights.length);
            exchange.getResponseBody().write(weights);
          } else {
            hub.sendRange(exchange, weights);
          }
        });
    assertWhole(hub.fetch("team/tiny"));
  }

  @Test
  void aModelLargerThanTheDiskIsRefusedBeforeItStarts() {
    hub.on(
        listingPath(),
        (exchange, _) ->
            send(exchange, 200, hub.listing(true).replace("300000", "900000000000000000")));
    assertBad("team/tiny", "MiB free, and the download needs");
    assertThat(hub.count("GET", filePath(WEIGHTS))).isZero();
  }

  @Test
  void aRedirectToAFileIsRefused() {
    hub.on(
        filePath(WEIGHTS),
        (exchange, _) -> {
          exchange.getResponseHeaders().add("Location", "file:///etc/hostname");
          exchange.sendResponseHeaders(302, -1);
        });
    assertBad("team/tiny", "file:///etc/hostname', which is not allowed");
  }

  @Test
  void aHubThatIsNotThereIsNamed() {
    hub.close();
    assertBad("team/tiny", "the connection to 127.0.0.1 failed");
  }

  @Test
  void anAnswerThatIsNoListingIsNamed() {
    hub.on(listingPath(), (exchange, _) -> send(exchange, 200, "<html>"));
    assertBad("team/tiny", "does not answer like a hub");
  }

  @Test
  void progressGrowsToTheTotal() {
    List<Long> done = new ArrayList<>();
    hub.client(hub.settings(Optional.empty()))
        .fetch(
            HubReference.parse("team/tiny"),
            (bytes, total) -> {
              assertThat(total).isEqualTo(weights.length + 2);
              done.add(bytes);
            },
            hub.notes::add);
    assertThat(done).isSorted().last().isEqualTo(weights.length + 2L);
  }

  private Path partOfWeights() {
    return folder.resolve(
        "models--team--tiny/blobs/" + FakeHub.etag(WEIGHTS, weights) + ".incomplete");
  }

  private void assertWhole(Path snapshot) {
    assertThat(snapshot).isEqualTo(folder.resolve("models--team--tiny/snapshots/" + COMMIT));
    assertThat(snapshot.resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(partOfWeights()).doesNotExist();
  }

  private void assertBad(String reference, String part) {
    assertThatThrownBy(() -> hub.fetch(reference))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }
}
