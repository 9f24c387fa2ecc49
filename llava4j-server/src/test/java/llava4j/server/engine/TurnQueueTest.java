package llava4j.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The elements are texts such as `a1`: the first letter is the tenant.
class TurnQueueTest {
  private final List<String> gone = new ArrayList<>();

  private TurnQueue<String> queue(int capacity, String... elements) {
    TurnQueue<String> queue =
        new TurnQueue<>(capacity, element -> element.substring(0, 1), gone::add);
    for (String element : elements) {
      assertThat(queue.offer(element)).as(element).isTrue();
    }
    return queue;
  }

  private static List<String> all(TurnQueue<String> queue) {
    List<String> all = new ArrayList<>();
    queue.drainTo(all);
    return all;
  }

  @Test
  void oneTenantIsServedInItsOrder() {
    TurnQueue<String> queue = queue(3, "a1", "a2", "a3");

    assertThat(queue.offer("a4")).isFalse();
    assertThat(gone).isEmpty();
    assertThat(all(queue)).containsExactly("a1", "a2", "a3");
  }

  @Test
  void tenantsTakeTurns() {
    assertThat(all(queue(9, "a1", "a2", "a3", "b1", "c1", "c2")))
        .containsExactly("a1", "b1", "c1", "a2", "c2", "a3");
  }

  @Test
  void whoComesLaterIsBehindThoseWhoWaitForOneTurnOnly() {
    TurnQueue<String> queue = queue(9, "a1", "a2", "a3");
    assertThat(queue.poll()).isEqualTo("a1");
    assertThat(queue.offer("b1")).isTrue();

    assertThat(queue.peek()).isEqualTo("a2");
    assertThat(all(queue)).containsExactly("a2", "b1", "a3");
  }

  @Test
  void whoHasTheMostGivesWayUntilBothHaveTheSame() {
    TurnQueue<String> queue = queue(4, "a1", "a2", "a3", "a4");

    assertThat(queue.offer("b1")).isTrue();
    assertThat(gone).containsExactly("a4");
    assertThat(queue.offer("a5")).as("the one who gave way").isFalse();
    assertThat(queue.offer("b2")).isTrue();
    assertThat(gone).containsExactly("a4", "a3");
    assertThat(queue.offer("b3")).as("who has its part").isFalse();
    assertThat(queue.size()).isEqualTo(4);
    assertThat(all(queue)).containsExactly("a1", "b1", "a2", "b2");
  }

  @Test
  void aSinglePlaceIsNotTakenAway() {
    TurnQueue<String> queue = queue(2, "a1", "b1");

    assertThat(queue.offer("c1")).isFalse();
    assertThat(gone).isEmpty();
    assertThat(queue.remainingCapacity()).isZero();
  }

  @Test
  void whatIsRemovedHasNoPlaceAndNoTurn() {
    TurnQueue<String> queue = queue(3, "a1", "b1", "b2");

    assertThat(queue.remove((Object) "a1")).isTrue();
    assertThat(queue.remove((Object) "a1")).isFalse();
    assertThat(queue.remove((Object) "b1")).isTrue();
    assertThat(queue.size()).isEqualTo(1);
    assertThat(queue.offer("a2")).isTrue();
    assertThat(queue).containsExactly("b2", "a2");
    assertThat(all(queue)).containsExactly("b2", "a2");
    assertThat(queue).isEmpty();
    assertThat(queue.peek()).isNull();
    assertThat(queue.poll()).isNull();
  }

  @Test
  void drainingEndsAtItsLimit() {
    TurnQueue<String> queue = queue(3, "a1", "a2", "b1");
    List<String> two = new ArrayList<>();

    assertThat(queue.drainTo(two, 2)).isEqualTo(2);
    assertThat(two).containsExactly("a1", "b1");
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void whoWaitsIsWokenAndWhoWaitsInVainIsToo() throws Exception {
    TurnQueue<String> queue = queue(1);
    CompletableFuture<String> taken =
        CompletableFuture.supplyAsync(() -> {
          try {
            return queue.take() + queue.poll(1, TimeUnit.MINUTES);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    assertThat(queue.offer("a1")).isTrue();
    while (!queue.offer("a2")) {
      Thread.onSpinWait();
    }

    assertThat(taken.get(10, TimeUnit.SECONDS)).isEqualTo("a1a2");
    assertThat(queue.poll(1, TimeUnit.MILLISECONDS)).isNull();
  }

  /// A list and the rules in the plainest words agree with it in 20,000 steps.
  @Test
  void itDoesWhatItsRulesSay() {
    Random random = new Random(7);
    TurnQueue<String> queue = queue(6);
    Map<String, List<String>> expected = new LinkedHashMap<>();
    List<String> expectedGone = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      String tenant = "abcd".substring(random.nextInt(4)).substring(0, 1);
      List<String> own = expected.getOrDefault(tenant, List.of());
      int size = expected.values().stream().mapToInt(List::size).sum();
      switch (random.nextInt(4)) {
        case 0, 1 -> {
          boolean full = size == 6;
          List<String> most =
              expected.values().stream().max(Comparator.comparingInt(List::size)).orElse(List.of());
          boolean fits = !full || most.size() - own.size() >= 2;
          assertThat(queue.offer(tenant + step)).isEqualTo(fits);
          if (fits && full) {
            expectedGone.add(most.removeLast());
          }
          if (fits) {
            expected.computeIfAbsent(tenant, _ -> new ArrayList<>()).add(tenant + step);
          }
        }
        case 2 -> {
          if (size == 0) {
            assertThat(queue.poll()).isNull();
            continue;
          }
          String first = expected.keySet().iterator().next();
          List<String> others = expected.remove(first);
          assertThat(queue.poll()).isEqualTo(others.removeFirst());
          if (!others.isEmpty()) {
            expected.put(first, others);
          }
        }
        default -> {
          String one = own.isEmpty() ? "none" : own.get(random.nextInt(own.size()));
          assertThat(queue.remove((Object) one)).isEqualTo(!own.isEmpty());
          expected.computeIfPresent(
              tenant, (_, list) -> list.remove(one) && list.isEmpty() ? null : list);
        }
      }
      assertThat(queue.size()).isEqualTo(expected.values().stream().mapToInt(List::size).sum());
    }
    assertThat(gone).isEqualTo(expectedGone).hasSizeGreaterThan(100);
  }
}
