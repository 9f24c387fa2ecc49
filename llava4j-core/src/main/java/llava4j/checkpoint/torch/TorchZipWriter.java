package llava4j.checkpoint.torch;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import llava4j.checkpoint.weights.ShardWriter;
import llava4j.checkpoint.weights.TensorBytes;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.io.AtomicFile;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.bytedeco.pytorch.Tensor;

/// Writes a dictionary of tensors like `torch.save`, so that `torch.load(..., weights_only=True)`
/// reads it: a ZIP of one pickle (protocol 2) and one stored entry per tensor.
public final class TorchZipWriter extends ShardWriter {
  /// @param maxShardBytes largest file; a larger tensor gets its own file
  public TorchZipWriter(long maxShardBytes) {
    super(maxShardBytes, ".bin");
  }

  @Override
  protected void writeFile(
      Path path,
      List<TensorInfo> infos,
      WeightSource source,
      DType dtype,
      WriteListener.Counter counter) {
    String root = path.getFileName().toString().replaceFirst("\\.bin$", "");
    AtomicFile.write(
        path,
        out -> {
          try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(new NonClosingStream(out))) {
            zip.setUseZip64(Zip64Mode.AsNeeded);
            zip.setMethod(ZipArchiveEntry.STORED);
            writeSmall(zip, root + "/data.pkl", pickle(infos, dtype));
            writeSmall(zip, root + "/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < infos.size(); i++) {
              writeStorage(zip, root + "/data/" + i, infos.get(i), source, dtype);
              counter.wrote(infos.get(i));
            }
            writeSmall(zip, root + "/version", "3\n".getBytes(StandardCharsets.US_ASCII));
          }
        });
  }

  private static void writeSmall(ZipArchiveOutputStream zip, String name, byte[] bytes)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    zip.putArchiveEntry(entry(name, bytes.length, crc.getValue()));
    zip.write(bytes);
    zip.closeArchiveEntry();
  }

  /// The tensor is read twice, because the checksum of a stored entry precedes its data.
  private static void writeStorage(
      ZipArchiveOutputStream zip, String name, TensorInfo info, WeightSource source, DType dtype)
      throws IOException {
    DType type = dtype == null ? info.dtype() : dtype;
    try (Scope _ = new Scope()) {
      Tensor tensor = source.load(info.name()).to(type.scalarType()).contiguous();
      Checksum checksum = new Checksum();
      TensorBytes.write(checksum, tensor, type);
      zip.putArchiveEntry(entry(name, WriteListener.bytes(info, dtype), checksum.crc.getValue()));
      TensorBytes.write(zip, tensor, type);
      zip.closeArchiveEntry();
    }
  }

  private static ZipArchiveEntry entry(String name, long size, long crc) {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setSize(size);
    entry.setCompressedSize(size);
    entry.setCrc(crc);
    entry.setMethod(ZipArchiveEntry.STORED);
    entry.setTime(0);
    entry.setAlignment(64);
    return entry;
  }

  /// {name: _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}
  private static byte[] pickle(List<TensorInfo> infos, DType dtype) {
    Pickle pickle = new Pickle();
    pickle.raw(0x80, 2).raw('}', '(');
    for (int i = 0; i < infos.size(); i++) {
      TensorInfo info = infos.get(i);
      DType type = dtype == null ? info.dtype() : dtype;
      long elements = info.numElements();
      pickle.text(info.name()).global("torch._utils", "_rebuild_tensor_v2").raw('(');
      pickle
          .raw('(')
          .text("storage")
          .global("torch", storageName(type))
          .text(Integer.toString(i))
          .text("cpu");
      pickle.integer(elements).raw('t', 'Q').integer(0);
      pickle.tuple(info.shape()).tuple(strides(info.shape())).raw(0x89);
      pickle.global("collections", "OrderedDict").raw(')', 'R').raw('t', 'R');
    }
    return pickle.raw('u', '.').bytes();
  }

  private static List<Long> strides(List<Long> shape) {
    List<Long> strides = new ArrayList<>();
    long stride = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      strides.addFirst(stride);
      stride *= Math.max(1, shape.get(i));
    }
    return strides;
  }

  private static String storageName(DType type) {
    return switch (type) {
      case F64 -> "DoubleStorage";
      case F32 -> "FloatStorage";
      case F16 -> "HalfStorage";
      case BF16 -> "BFloat16Storage";
      case I64 -> "LongStorage";
      case I32 -> "IntStorage";
      case I16 -> "ShortStorage";
      case I8 -> "CharStorage";
      case U8 -> "ByteStorage";
      case BOOL -> "BoolStorage";
    };
  }

  /// The pickle operations that are needed.
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle raw(int... bytes) {
      for (int b : bytes) {
        out.write(b);
      }
      return this;
    }

    Pickle text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      out.write('X');
      out.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
      out.writeBytes(utf8);
      return this;
    }

    Pickle global(String module, String name) {
      out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
      return this;
    }

    Pickle integer(long value) {
      if (value <= Integer.MAX_VALUE) {
        out.write('J');
        out.writeBytes(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
      } else {
        raw(0x8A, 8);
        out.writeBytes(
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
      }
      return this;
    }

    Pickle tuple(List<Long> values) {
      raw('(');
      values.forEach(this::integer);
      return raw('t');
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }

  /// Computes a checksum and discards the bytes.
  private static final class Checksum extends OutputStream {
    private final CRC32 crc = new CRC32();

    @Override
    public void write(int b) {
      crc.update(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      crc.update(bytes, offset, length);
    }
  }

  /// Keeps the file open when its archive is closed.
  private static final class NonClosingStream extends FilterOutputStream {
    NonClosingStream(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
