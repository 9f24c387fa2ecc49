package llava4j.train.vision;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.LlavaConfig;
import llava4j.config.VisionConfig;
import llava4j.error.BadInputException;
import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.io.AtomicFile;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch.Image;
import llava4j.train.model.VisionFeatures;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The frozen tower's output kept on disk, a file for each image: the second pass over the data,
/// and the second run with the same tower, only read it. Each image is encoded alone, so what is
/// kept does not depend on the batch it came in.
///
/// A file is the features, row-major and little-endian, and behind them their CRC-32C.
public final class FeatureCache implements VisionFeatures {
  private static final int CHECKSUM_BYTES = Long.BYTES;

  private final Path folder;
  private final VisionFeatures tower;
  private final Layout layout;

  /// What a file holds.
  ///
  /// @param rowsPerView rows that the connector reads of one view
  /// @param dim of a row
  /// @param device where features are needed
  record Layout(int rowsPerView, int dim, DType type, Device device) {
    static Layout of(VisionConfig vision, DType type, Device device) {
      return new Layout(vision.rowsPerView(), vision.dim(), type, device);
    }

    long bytes(int views) {
      return (long) views * rowsPerView * dim * type.bytes();
    }
  }

  /// What the cache will take on disk at most, for people.
  ///
  /// @param modality of each sample; above 0 with an image
  public static String forecast(LlavaConfig config, int[] modality, DType type) {
    long images = Arrays.stream(modality).filter(length -> length > 0).count();
    int views =
        switch (config.imageMode()) {
          case ImageMode.Pad _, ImageMode.Square _ -> 1;
          case ImageMode.AnyRes(var pinpoints) ->
              1
                  + pinpoints.stream()
                      .mapToInt(size ->
                          (size.width() / config.vision().imageSize())
                              * (size.height() / config.vision().imageSize()))
                      .max()
                      .orElse(0);
          case ImageMode.Hd(HighDefinition options) ->
              1
                  + options.grids().stream()
                      .mapToInt(grid -> grid.columns() * grid.rows())
                      .max()
                      .orElse(0);
        };
    long bytes = images * Layout.of(config.vision(), type, new Device.Cpu()).bytes(views);
    return String.format(
        Locale.ROOT,
        "the feature cache will take at most %s: %d images of at most %d view(s)",
        MemoryPlan.gigabytes(bytes),
        images,
        views);
  }

  /// The cache of a base's tower.
  ///
  /// @param root folder of all caches
  /// @param type of the features
  /// @param tower the base's own
  public static FeatureCache below(
      Path root, Checkpoint base, Device device, DType type, VisionFeatures tower) {
    return new FeatureCache(
        root,
        Fingerprints.ofFeatures(base, type),
        Layout.of(base.config().vision(), type, device),
        tower);
  }

  /// @param key stands for everything that decides about features: tower, layer, preprocessing
  private FeatureCache(Path root, String key, Layout layout, VisionFeatures tower) {
    this.folder = root.resolve(key);
    this.layout = layout;
    this.tower = tower;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public Tensor of(List<Image> images, Map<String, Tensor> towerParameters) {
    try (Scope scope = new Scope()) {
      List<Tensor> each = new ArrayList<>(); // each [views, rows, visionDim]
      for (Image image : images) {
        each.add(read(image).orElseGet(() -> encode(image, towerParameters)));
      }
      Tensor all = Tensors.concatenate(each, 0); // [views, rows, visionDim]
      return scope.keep(Tensors.to(all, layout.device(), layout.type()));
    }
  }

  private Tensor encode(Image image, Map<String, Tensor> towerParameters) {
    Tensor features =
        Tensors.to(
            tower.of(List.of(image), towerParameters), new Device.Cpu(), layout.type()); // as of
    write(image, features.contiguous());
    return features;
  }

  /// Features, unless there is no file of the right size and sum.
  private Optional<Tensor> read(Image image) {
    Path file = file(image);
    int views = image.pixels().views();
    long bytes = layout.bytes(views);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() != bytes + CHECKSUM_BYTES) {
        return Optional.empty();
      }
      Tensor features =
          torch.empty(
              new long[] {views, layout.rowsPerView(), layout.dim()},
              Tensors.options(layout.type()),
              null); // [views, rows, visionDim]
      ByteBuffer memory = bytes(features);
      ByteBuffer sum = ByteBuffer.allocate(CHECKSUM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, memory);
      readFully(channel, sum);
      return sum.flip().getLong() == checksum(memory.flip())
          ? Optional.of(features)
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void write(Image image, Tensor features) {
    ByteBuffer memory = bytes(features);
    ByteBuffer sum = ByteBuffer.allocate(CHECKSUM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    sum.putLong(checksum(memory.duplicate())).flip();
    try (AtomicFile file = AtomicFile.openAmongMany(file(image))) {
      file.write(memory);
      file.write(sum);
      file.commitUnforced();
    } catch (BadInputException e) {
      throw failed(e.getCause());
    }
  }

  private Path file(Image image) {
    String key = image.key();
    return folder.resolve(key.substring(0, 2)).resolve(key);
  }

  private BadInputException failed(Throwable e) {
    return new BadInputException(
        "the feature cache "
            + folder
            + " cannot be used: "
            + e.getMessage()
            + "; free space there, name another folder, or leave --feature-cache out",
        e);
  }

  private static ByteBuffer bytes(Tensor tensor) {
    return new BytePointer(tensor.data_ptr()).capacity(tensor.nbytes()).asByteBuffer();
  }

  private static long checksum(ByteBuffer bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return sum.getValue();
  }

  private static void readFully(FileChannel channel, ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      if (channel.read(target) < 0) {
        return;
      }
    }
  }
}
