package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import org.bytedeco.pytorch.Tensor;

/// Several weight sources combined under other names. Closing it closes them.
public final class RenamedSource implements WeightSource {
  private final List<WeightSource> sources = new ArrayList<>();
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Place> places = new LinkedHashMap<>();

  private record Place(WeightSource source, String storedName) {}

  /// Adds the tensors of `source`. It is an error if two different stored names have the same new
  /// name; a tensor of an earlier source is replaced.
  ///
  /// @param rename maps a stored name to our name; empty leaves the tensor out
  public RenamedSource add(WeightSource source, Function<String, Optional<String>> rename) {
    sources.add(source);
    Map<String, String> here = new LinkedHashMap<>();
    for (TensorInfo info : source.tensors().values()) {
      rename
          .apply(info.name())
          .ifPresent(name -> {
            String other = here.put(name, info.name());
            if (other != null) {
              throw new BadInputException(
                  info.file()
                      + " holds "
                      + name
                      + " twice: as "
                      + other
                      + " and as "
                      + info.name());
            }
            tensors.put(name, info.withName(name));
            places.put(name, new Place(source, info.name()));
          });
    }
    return this;
  }

  /// Keeps only the tensors whose name (ours) satisfies the condition.
  public RenamedSource keepOnly(Predicate<String> condition) {
    tensors.keySet().removeIf(condition.negate());
    return this;
  }

  @Override
  public Set<Path> files() {
    Set<Path> files = new LinkedHashSet<>();
    sources.forEach(source -> files.addAll(source.files()));
    return files;
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    Place place = places.get(name);
    return place.source().load(place.storedName());
  }

  @Override
  public Tensor load(String name, DType type) {
    Place place = places.get(name);
    return place.source().load(place.storedName(), type);
  }

  @Override
  public Optional<BlockMatrix> blocks(String name) {
    Place place = places.get(name);
    return place.source().blocks(place.storedName());
  }

  @Override
  public boolean isView(String name) {
    Place place = places.get(name);
    return place.source().isView(place.storedName());
  }

  @Override
  public void release(String name) {
    Place place = places.get(name);
    place.source().release(place.storedName());
  }

  @Override
  public void close() {
    CloseAll.each(sources);
  }
}
