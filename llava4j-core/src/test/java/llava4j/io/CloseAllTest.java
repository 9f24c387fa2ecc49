package llava4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CloseAllTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void oneFailureLeavesNothingOpen() {
    assertThatThrownBy(() -> CloseAll.of(thing("a"), failing("b"), null, failing("c"), thing("d")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("b")
        .satisfies(e -> assertThat(e.getSuppressed()).extracting("message").containsExactly("c"));
    assertThat(closed).containsExactly("a", "d");
  }

  @Test
  void checkedFailuresAndErrorsAreThrownToo() {
    assertThatThrownBy(() ->
            CloseAll.of(() -> {
              throw new IOException("disk");
            }))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("disk");
    assertThatThrownBy(() ->
            CloseAll.each(
                List.of(
                    () -> {
                      throw new InternalError("page");
                    },
                    thing("a"))))
        .isInstanceOf(InternalError.class);
    assertThat(closed).containsExactly("a");
  }

  @Test
  void theFailureBeforeStaysTheOneThatIsTold() {
    RuntimeException failure = new RuntimeException("first");
    CloseAll.after(failure, failing("a"), thing("b"));
    assertThat(failure.getSuppressed()).extracting("message").containsExactly("a");
    assertThat(closed).containsExactly("b");
  }

  private AutoCloseable thing(String name) {
    return () -> closed.add(name);
  }

  private static AutoCloseable failing(String name) {
    return () -> {
      throw new IllegalStateException(name);
    };
  }
}
