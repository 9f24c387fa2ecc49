package llava4j.image.decode;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import llava4j.image.RgbImage;

/// Two functions of libwebp, the decoder that Pillow uses. The library is part of Leptonica's
/// native libraries (ADR 22). Leptonica's own WebP reader would give the same pixels but writes
/// error messages to the console. Stateless; loaded at the first WebP file.
@SuppressWarnings("restricted")
final class LibWebp {
  private static final MethodHandle GET_INFO;
  private static final MethodHandle DECODE_RGB;

  static {
    SymbolLookup library = SymbolLookup.libraryLookup(Path.of(NativeCodecs.load()), Arena.global());
    Linker linker = Linker.nativeLinker();
    // int WebPGetInfo(const uint8_t* data, size_t size, int* width, int* height)
    GET_INFO =
        linker.downcallHandle(
            library.findOrThrow("WebPGetInfo"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
    // uint8_t* WebPDecodeRGBInto(const uint8_t* data, size_t size, uint8_t* out, size_t, int
    // stride)
    DECODE_RGB =
        linker.downcallHandle(
            library.findOrThrow("WebPDecodeRGBInto"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT));
  }

  private LibWebp() {}

  /// Width and height in the header of a simple WebP file.
  ///
  /// @throws MalformedImageException if its header is damaged
  static int[] size(byte[] file) throws MalformedImageException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment width = arena.allocate(JAVA_INT);
      MemorySegment height = arena.allocate(JAVA_INT);
      MemorySegment data = arena.allocateFrom(JAVA_BYTE, file);
      if ((int) GET_INFO.invokeExact(data, (long) file.length, width, height) == 0) {
        throw new MalformedImageException("its header is damaged");
      }
      return new int[] {width.get(JAVA_INT, 0), height.get(JAVA_INT, 0)};
    } catch (MalformedImageException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("libwebp cannot be called", e);
    }
  }

  /// Decodes a simple WebP file whose size is from [#size]; transparency is dropped.
  ///
  /// @throws MalformedImageException if it is cut short or damaged
  static RgbImage decode(byte[] file, int width, int height) throws MalformedImageException {
    int length = Math.multiplyExact(Math.multiplyExact(width, height), 3);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(JAVA_BYTE, file);
      MemorySegment out = arena.allocate(length);
      MemorySegment result =
          (MemorySegment)
              DECODE_RGB.invokeExact(data, (long) file.length, out, (long) length, width * 3);
      if (result.address() == 0) {
        throw new MalformedImageException("it is cut short or damaged");
      }
      return new RgbImage(width, height, out.toArray(JAVA_BYTE));
    } catch (MalformedImageException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("libwebp cannot be called", e);
    }
  }
}
