package llava4j.checkpoint.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.checkpoint.torch.TensorPickle.StorageRef;
import llava4j.checkpoint.torch.TensorPickle.TensorRef;
import llava4j.checkpoint.weights.MappedFile;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.tensor.Scope;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/// A checkpoint written by `torch.save` since PyTorch 1.6: a ZIP of one pickle and raw storages.
/// The pickle is read by [TensorPickle], the storages are mapped. No code in the file is ever
/// executed.
public final class TorchZipFile implements WeightSource {
  /// The pickles of the largest known checkpoints have a few hundred kilobytes.
  private static final long MAX_PICKLE_BYTES = 256L << 20;

  private final MappedFile file;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, TensorRef> references = new HashMap<>();
  private final Map<String, ZipArchiveEntry> storages = new HashMap<>();

  private TorchZipFile(MappedFile file) {
    this.file = file;
  }

  /// Maps the file and reads its pickle.
  public static TorchZipFile open(Path path) {
    TorchZipFile opened = new TorchZipFile(new MappedFile(path));
    try {
      opened.readArchive();
      return opened;
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      opened.close(); // the ZIP library throws the last two for a damaged directory
      throw new BadInputException(
          path
              + " is not a torch checkpoint in ZIP form ("
              + e.getMessage()
              + "); download it again, or if it is an old file, save it again with PyTorch 1.6 or later",
          e);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    TensorRef reference = references.get(name);
    if (reference == null) {
      throw new IllegalArgumentException(file.path() + " holds no tensor " + name);
    }
    StorageRef storage = reference.storage();
    try (Scope scope = new Scope()) {
      long offset = storages.get(storage.key()).getDataOffset();
      Tensor elements = file.tensor(offset, storage.type(), storage.numElements()); // [elements]
      Tensor view =
          elements.as_strided(
              toArray(reference.shape()),
              toArray(reference.strides()),
              new LongOptional(reference.offset()));
      return scope.keep(view.contiguous());
    }
  }

  /// Whether a tensor is a view of the file. Torch aligns the storages. A transposed tensor is
  /// copied, but counts as mapped.
  @Override
  public boolean isView(String name) {
    StorageRef storage = references.get(name).storage();
    return file.isAligned(storages.get(storage.key()).getDataOffset(), storage.type());
  }

  @Override
  public void release(String name) {
    StorageRef storage = references.get(name).storage();
    file.unload(
        storages.get(storage.key()).getDataOffset(),
        storage.numElements() * storage.type().bytes());
  }

  @Override
  public void close() {
    file.close();
  }

  private void readArchive() throws IOException {
    byte[] pickle = null;
    try (ZipFile zip = ZipFile.builder().setPath(file.path()).get()) {
      Enumeration<ZipArchiveEntry> entries = zip.getEntriesInPhysicalOrder();
      while (entries.hasMoreElements()) {
        ZipArchiveEntry entry = entries.nextElement();
        if (entry.getName().matches("[^/]+/data/[^/]+")) {
          storages.put(entry.getName().substring(entry.getName().lastIndexOf('/') + 1), entry);
        } else if (entry.getName().matches("[^/]+/data\\.pkl")) {
          pickle = readSmall(zip, entry, MAX_PICKLE_BYTES);
        } else if (entry.getName().matches("[^/]+/byteorder")) {
          requireLittleEndian(readSmall(zip, entry, 64));
        }
      }
    }
    if (pickle == null) {
      throw broken("it has no data.pkl");
    }
    Object root = TensorPickle.read(pickle, file.path().toString());
    addTensors(unwrap(root));
  }

  private byte[] readSmall(ZipFile zip, ZipArchiveEntry entry, long limit) throws IOException {
    if (entry.getSize() > Math.min(limit, Math.max(1 << 20, 1000 * file.size()))) {
      throw broken(entry.getName() + " claims " + entry.getSize() + " bytes");
    }
    try (InputStream stream = zip.getInputStream(entry)) {
      byte[] bytes = stream.readNBytes((int) Math.min(limit, entry.getSize()));
      if (bytes.length != entry.getSize()) {
        throw broken(
            entry.getName() + " has " + bytes.length + " bytes instead of " + entry.getSize());
      }
      return bytes;
    }
  }

  private void requireLittleEndian(byte[] byteOrder) {
    String order = new String(byteOrder, java.nio.charset.StandardCharsets.US_ASCII).strip();
    if (!order.equals("little")) {
      throw broken("its byte order is '" + order + "', but only little-endian files are supported");
    }
  }

  /// Some trainers store the weights under a key of their own; if a dictionary contains only one
  /// dictionary, the inner one is used.
  private Map<?, ?> unwrap(Object root) {
    if (!(root instanceof Map<?, ?> map)) {
      throw broken("it contains no dictionary of tensors");
    }
    for (String key : new String[] {"state_dict", "model", "module"}) {
      if (map.get(key) instanceof Map<?, ?> inner) {
        return inner;
      }
    }
    return map;
  }

  private void addTensors(Map<?, ?> map) {
    map.forEach((key, value) -> {
      if (key instanceof String name && value instanceof TensorRef reference) {
        check(name, reference);
        long elements = reference.shape().stream().reduce(1L, Math::multiplyExact);
        tensors.put(
            name,
            new TensorInfo(
                name,
                reference.storage().type(),
                reference.storage().type().name(),
                reference.shape(),
                elements * reference.storage().type().bytes(),
                file.path()));
        references.put(name, reference);
      }
    });
  }

  /// Checks a tensor against its storage, and the storage against the file.
  private void check(String name, TensorRef reference) {
    StorageRef storage = reference.storage();
    ZipArchiveEntry entry = storages.get(storage.key());
    if (entry == null) {
      throw broken("tensor " + name + " is in data/" + storage.key() + ", which is missing");
    }
    if (entry.getMethod() != ZipArchiveEntry.STORED
        || entry.getSize() != entry.getCompressedSize()) {
      throw broken("data/" + storage.key() + " is compressed, which torch never writes");
    }
    long offset = entry.getDataOffset();
    if (offset < 0 || entry.getSize() > file.size() - offset) {
      throw broken("data/" + storage.key() + " reaches beyond the end of the file");
    }
    try {
      long needed = Math.multiplyExact(storage.numElements(), storage.type().bytes());
      if (storage.numElements() < 0 || needed > entry.getSize()) {
        throw broken(
            "tensor "
                + name
                + " needs a storage of "
                + needed
                + " bytes, but data/"
                + storage.key()
                + " has "
                + entry.getSize());
      }
      if (reference.shape().size() != reference.strides().size()) {
        throw broken(
            "tensor "
                + name
                + " has shape "
                + reference.shape()
                + " but strides "
                + reference.strides());
      }
      requireInside(name, reference);
    } catch (ArithmeticException e) {
      throw broken("tensor " + name + " claims the impossible shape " + reference.shape());
    }
  }

  private void requireInside(String name, TensorRef reference) {
    long last = reference.offset();
    long elements = 1;
    for (int i = 0; i < reference.shape().size(); i++) {
      long dim = reference.shape().get(i);
      long stride = reference.strides().get(i);
      if (dim < 0 || stride < 0 || reference.offset() < 0) {
        throw broken("tensor " + name + " has a negative shape, stride or offset");
      }
      elements = Math.multiplyExact(elements, dim);
      last = Math.addExact(last, Math.multiplyExact(Math.max(0, dim - 1), stride));
    }
    // A view with stride 0 repeats elements; limit the size of a copy.
    boolean repeats = elements > reference.storage().numElements();
    if ((elements > 0 && last >= reference.storage().numElements()) || (repeats && elements > 0)) {
      throw broken(
          "tensor "
              + name
              + " of shape "
              + reference.shape()
              + " reaches beyond its storage of "
              + reference.storage().numElements()
              + " elements");
    }
  }

  private static long[] toArray(java.util.List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private BadInputException broken(String what) {
    return new BadInputException(
        file.path() + " is not a valid torch checkpoint: " + what + "; download it again");
  }
}
