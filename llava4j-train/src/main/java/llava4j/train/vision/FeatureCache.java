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

/// Caches the output of the frozen vision tower on disk, one file per image, so that the second
/// epoch, or a second run with the same tower, only reads it. Each image is encoded alone, so the
/// cached features do not depend on the batch.
///
/// A file contains the features, row-major and little-endian, followed by their CRC-32C.
public final class FeatureCache implements VisionFeatures {
  private static final int CHECKSUM_BYTES = Long.BYTES;

  private final Path folder;
  private final VisionFeatures tower;
  private final Layout layout;

  /// Shape and type of the cached features.
  ///
  /// @param rowsPerView number of image tokens of one view
  /// @param dim hidden size of the vision tower
  /// @param device device to which features are loaded
  record Layout(int rowsPerView, int dim, DType type, Device device) {
    static Layout of(VisionConfig vision, DType type, Device device) {
      return new Layout(vision.rowsPerView(), vision.dim(), type, device);
    }

    long bytes(int views) {
      return (long) views * rowsPerView * dim * type.bytes();
    }
  }

  /// A sentence for the user with the maximum disk space that the cache will use.
  ///
  /// @param modality length of each sample; greater than 0 for a sample with an image
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
        "the feature cache will use at most %s of disk space: %d images of at most %d view(s)",
        MemoryPlan.gigabytes(bytes),
        images,
        views);
  }

  /// The cache for the vision tower of a base model.
  ///
  /// @param root folder that contains the caches of all towers
  /// @param type element type of the features
  /// @param tower the base model's vision tower
  /// @throws BadInputException if the folder cannot be created
  public static FeatureCache forTowerOf(
      Path root, Checkpoint base, Device device, DType type, VisionFeatures tower) {
    return new FeatureCache(
        root,
        Fingerprints.ofFeatures(base, type),
        Layout.of(base.config().vision(), type, device),
        tower);
  }

  /// @param key hash of everything that determines the features: tower, layer, preprocessing
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

  /// The cached features, or empty if there is no file with the right size and checksum.
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
            + "; free some space, choose another folder, or omit --feature-cache",
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
