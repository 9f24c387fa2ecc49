package llava4j.train.distributed;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// The process group of a run with one process.
public record SingleProcess() implements ProcessGroup {
  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public Pending beginSum(Tensor tensor) {
    return Pending.DONE;
  }

  @Override
  public Pending allGather(Tensor whole, Tensor part) {
    if (!whole.is_alias_of(part)) {
      whole.copy_(part);
    }
    return Pending.DONE;
  }

  @Override
  public Pending reduceScatter(Tensor part, Tensor whole) {
    part.copy_(whole);
    return Pending.DONE;
  }

  @Override
  public void broadcast(Tensor tensor) {}

  @Override
  public long exchangedBytes() {
    return 0;
  }

  @Override
  public void barrier() {}

  @Override
  public void requireSame(Map<String, String> facts) {}

  @Override
  public void announceFailure(RuntimeException failure) {}

  @Override
  public void close() {}
}
