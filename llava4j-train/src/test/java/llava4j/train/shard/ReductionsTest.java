package llava4j.train.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LostProcessException;
import llava4j.train.distributed.ProcessGroup;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Two processes' gradients, each process on a thread; one process is late.
class ReductionsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long SMALL = 1000;
  private static final long LARGE = 6_000_000; // 24 MB; three are more than may be under way

  private final ExecutorService first = Executors.newSingleThreadExecutor();
  private final ExecutorService second = Executors.newSingleThreadExecutor();
  private ProcessGroup ofFirst;
  private ProcessGroup ofSecond; // null once closed

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @BeforeEach
  void join() throws Exception {
    int port = freePort();
    Future<ProcessGroup> joined = first.submit(() -> join(0, port));
    ofSecond = second.submit(() -> join(1, port)).get();
    ofFirst = joined.get();
  }

  @AfterEach
  void close() throws Exception {
    Future<?> closed = first.submit(ofFirst::close);
    if (ofSecond != null) {
      second.submit(ofSecond::close).get();
    }
    closed.get();
    first.shutdown();
    second.shutdown();
  }

  /// The first process goes on although the second has not even begun.
  @ParameterizedTest
  @EnumSource(ZeroStage.class)
  void aSumStartsAndIsNotWaitedFor(ZeroStage zero) throws Exception {
    Rank one = first.submit(() -> new Rank(ofFirst, zero, 3, SMALL)).get();
    Rank other = second.submit(() -> new Rank(ofSecond, zero, 3, SMALL)).get();
    await(first.submit(() -> one.backward(1)));
    assertThat(one.reductions.underWay()).isEqualTo(3);
    Future<List<Float>> sums = first.submit(one::sums);
    assertThatThrownBy(() -> sums.get(200, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    Future<Void> late = second.submit(() -> other.backward(2));
    List<Float> ofOther = await(second.submit(other::sums));
    await(late);
    assertThat(await(sums)).containsExactly(3f, 6f, 9f);
    assertThat(ofOther).containsExactly(3f, 6f, 9f);
    assertThat(one.reductions.underWay()).isZero();
  }

  @Test
  void noMoreThanTwoLargeSumsAreUnderWay() throws Exception {
    Rank one = first.submit(() -> new Rank(ofFirst, ZeroStage.GRADIENTS, 5, LARGE)).get();
    Rank other = second.submit(() -> new Rank(ofSecond, ZeroStage.GRADIENTS, 5, LARGE)).get();
    Future<?> backward = first.submit(() -> one.backward(1));
    assertThatThrownBy(() -> backward.get(1, TimeUnit.SECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(one.added.get()).as("the third waits").isEqualTo(2);
    Future<Void> late = second.submit(() -> other.backward(2));
    Future<List<Float>> sums = first.submit(one::sums);
    await(late);
    await(second.submit(other::sums));
    await(backward);
    assertThat(await(sums)).containsExactly(3f, 6f, 9f, 12f, 15f);
  }

  @Test
  void theProcessThatEndsMeanwhileIsNamed() throws Exception {
    Rank one = first.submit(() -> new Rank(ofFirst, ZeroStage.GRADIENTS, 2, SMALL)).get();
    await(first.submit(() -> one.backward(1)));
    Future<List<Float>> sums = first.submit(one::sums);
    second.submit(() -> ofSecond.announceFailure(new BadInputException("my.json is empty"))).get();
    Future<?> closed = second.submit(ofSecond::close);
    ofSecond = null; // closed once
    assertThatThrownBy(() -> await(sums))
        .cause()
        .isInstanceOf(LostProcessException.class)
        .hasMessageContaining("process 1 ended: my.json is empty");
    first.submit(one.reductions::close).get();
    assertThat(one.reductions.underWay()).isZero();
    closed.get();
  }

  @Test
  void gradientsThatComeAfterTheSumHasStartedAreRefused() throws Exception {
    Rank one = first.submit(() -> new Rank(ofFirst, ZeroStage.NONE, 1, SMALL)).get();
    Rank other = second.submit(() -> new Rank(ofSecond, ZeroStage.NONE, 1, SMALL)).get();
    await(first.submit(() -> one.backward(1)));
    assertThatThrownBy(() -> await(first.submit(() -> one.backward(1))))
        .cause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("gradients of unit 0 were added after it was complete for this step");
    await(second.submit(() -> other.backward(1)));
    Future<List<Float>> sums = first.submit(one::sums);
    await(second.submit(other::sums));
    assertThat(await(sums)).containsExactly(2f);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private ProcessGroup join(int rank, int port) {
    return ConnectedProcesses.join(
        new LaunchEnvironment(rank, 2, "127.0.0.1", port, rank),
        new Device.Cpu(),
        PATIENCE,
        _ -> {});
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Units of one vector each, as one process has them.
  private static final class Rank {
    private final Reductions reductions = new Reductions();
    private final List<ParameterUnit> units = new ArrayList<>();
    private final AtomicInteger added = new AtomicInteger();
    private final long elements;

    Rank(ProcessGroup group, ZeroStage zero, int count, long elements) {
      this.elements = elements;
      ParameterUnit.Placement placement =
          new ParameterUnit.Placement(
              zero, group, new Device.Cpu(), DType.F32, GradientExchange.EXACT, reductions);
      for (int i = 0; i < count; i++) {
        SequencedMap<String, List<Long>> shapes = new LinkedHashMap<>();
        shapes.put("weight", List.of(elements));
        UnitLayout layout = UnitLayout.of(String.valueOf(i), shapes);
        units.add(new ParameterUnit(layout, placement, true, _ -> constant(0)));
      }
    }

    /// As the last micro-batch of a step; the gradients of unit i are (i + 1) times `scale`.
    Void backward(int scale) {
      reductions.beginLastMicroBatch();
      for (int i = 0; i < units.size(); i++) {
        try (Scope _ = new Scope()) {
          units.get(i).accumulate(Map.of("weight", constant(scale * (i + 1))));
          units.get(i).complete();
          added.incrementAndGet();
        }
      }
      return null;
    }

    /// The first number of this process's part of each unit.
    List<Float> sums() {
      units.forEach(ParameterUnit::reduceGradients);
      reductions.endStep();
      List<Float> sums = new ArrayList<>();
      try (Scope _ = new Scope()) {
        for (ParameterUnit unit : units) {
          sums.add(Tensors.toFloats(unit.ownGradient().narrow(0, 0, 1))[0]);
        }
      }
      return sums;
    }

    private Tensor constant(int value) {
      return torch.full(new long[] {elements}, new Scalar(value), Tensors.options(DType.F32));
    }
  }
}
