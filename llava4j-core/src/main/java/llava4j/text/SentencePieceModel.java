package llava4j.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;

/// The parts of a SentencePiece `ModelProto` that we need: its pieces, and two switches of its
/// normaliser.
///
/// The native library gives no list of pieces and trusts its input; so the file is walked here
/// first, and only a sound one goes on. Protocol Buffers' wire format is four rules; a library for
/// it would need the schema compiled.
///
/// @param pieces in id order
/// @param bytes the file itself
public record SentencePieceModel(List<Piece> pieces, boolean addDummyPrefix, byte[] bytes) {

  /// What a piece stands for, numbered as in the file format.
  public enum PieceType {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int number;

    PieceType(int number) {
      this.number = number;
    }

    public int number() {
      return number;
    }

    /// The type with this number in the file; null for none.
    public static PieceType of(long number) {
      for (PieceType type : values()) {
        if (type.number == number) {
          return type;
        }
      }
      return null;
    }
  }

  /// One vocabulary entry.
  public record Piece(String text, float score, PieceType type) {}

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  /// Reads and checks a `tokenizer.model`.
  ///
  /// @param where names the file in messages
  public static SentencePieceModel parse(byte[] bytes, String where) {
    List<Piece> pieces = new ArrayList<>();
    boolean[] dummyPrefix = {true};
    boolean[] bpe = {false};
    boolean[] normalises = {false};
    try {
      forEachField(
          bytes,
          0,
          bytes.length,
          (field, wire, start, end) -> {
            if (field == 1 && wire == LENGTH) {
              pieces.add(piece(bytes, start, end));
            } else if (field == 2 && wire == LENGTH) {
              forEachField(
                  bytes,
                  start,
                  end,
                  (inner, innerWire, from, to) ->
                      bpe[0] |=
                          inner == 3 && innerWire == VARINT && varint(bytes, from, to)[0] == 2);
            } else if (field == 3 && wire == LENGTH) {
              forEachField(
                  bytes,
                  start,
                  end,
                  (inner, innerWire, from, to) -> {
                    normalises[0] |= inner == 2 && innerWire == LENGTH && to > from;
                    if (inner == 3 && innerWire == VARINT) {
                      dummyPrefix[0] = varint(bytes, from, to)[0] != 0;
                    }
                  });
            }
          });
    } catch (BrokenFormat e) {
      throw new BadInputException(
          where + " is not a SentencePiece model: " + e.getMessage() + "; fetch it again", e);
    }
    if (pieces.size() < 4
        || pieces.stream().filter(piece -> piece.type() == PieceType.UNKNOWN).count() != 1) {
      throw new BadInputException(
          where
              + " is not a SentencePiece model: it has "
              + pieces.size()
              + " pieces and not exactly one unknown piece; fetch it again");
    }
    if (!bpe[0] || normalises[0]) {
      throw new BadInputException(
          where
              + " is a SentencePiece model of another kind than LLaMA's, which is BPE without normalisation; use the"
              + " tokenizer of a LLaMA, Vicuna or Mistral model");
    }
    return of(pieces, dummyPrefix[0]);
  }

  /// Builds a BPE model with byte fallback, as LLaMA's, from a vocabulary that came another way
  /// (GGUF).
  public static SentencePieceModel of(List<Piece> pieces, boolean addDummyPrefix) {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    for (Piece piece : pieces) {
      ByteArrayOutputStream entry = new ByteArrayOutputStream();
      writeBytes(entry, 1, piece.text().getBytes(StandardCharsets.UTF_8));
      writeTag(entry, 2, FIXED32);
      entry.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(piece.score()).array());
      writeVarint(entry, 3, piece.type().number);
      writeBytes(model, 1, entry.toByteArray());
    }
    ByteArrayOutputStream trainer = new ByteArrayOutputStream();
    writeVarint(trainer, 3, 2); // model_type: BPE
    writeVarint(trainer, 4, pieces.size());
    writeVarint(trainer, 35, 1); // byte_fallback
    writeBytes(model, 2, trainer.toByteArray());
    ByteArrayOutputStream normalizer = new ByteArrayOutputStream();
    writeBytes(normalizer, 1, "identity".getBytes(StandardCharsets.UTF_8));
    writeVarint(normalizer, 3, addDummyPrefix ? 1 : 0);
    writeVarint(normalizer, 4, 0); // remove_extra_whitespaces
    writeVarint(normalizer, 5, 1); // escape_whitespaces
    writeBytes(model, 3, normalizer.toByteArray());
    return new SentencePieceModel(List.copyOf(pieces), addDummyPrefix, model.toByteArray());
  }

  /// The same model that puts no blank in front of a text: a second normaliser message is merged
  /// over the first.
  public SentencePieceModel withoutDummyPrefix() {
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    changed.writeBytes(bytes);
    writeBytes(changed, 3, new byte[] {3 << 3, 0});
    return new SentencePieceModel(pieces, false, changed.toByteArray());
  }

  private static Piece piece(byte[] bytes, int start, int end) {
    String[] text = {null};
    float[] score = {0};
    long[] type = {1};
    forEachField(
        bytes,
        start,
        end,
        (field, wire, from, to) -> {
          if (field == 1 && wire == LENGTH) {
            text[0] = new String(bytes, from, to - from, StandardCharsets.UTF_8);
          } else if (field == 2 && wire == FIXED32) {
            score[0] = ByteBuffer.wrap(bytes, from, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat();
          } else if (field == 3 && wire == VARINT) {
            type[0] = varint(bytes, from, to)[0];
          }
        });
    PieceType pieceType = PieceType.of(type[0]);
    if (text[0] == null || text[0].isEmpty() || pieceType == null) {
      throw new BrokenFormat("a piece at byte " + start + " has no text or an unknown type");
    }
    return new Piece(text[0], score[0], pieceType);
  }

  private interface FieldVisitor {
    void onField(int field, int wireType, int start, int end);
  }

  private static final class BrokenFormat extends RuntimeException {
    BrokenFormat(String message) {
      super(message);
    }
  }

  private static void forEachField(byte[] bytes, int start, int end, FieldVisitor visitor) {
    int at = start;
    while (at < end) {
      long[] tag = varint(bytes, at, end);
      at = (int) tag[1];
      int field = (int) (tag[0] >>> 3);
      int wire = (int) (tag[0] & 7);
      int valueEnd =
          switch (wire) {
            case VARINT -> (int) varint(bytes, at, end)[1];
            case FIXED64 -> at + 8;
            case FIXED32 -> at + 4;
            case LENGTH -> {
              long[] length = varint(bytes, at, end);
              at = (int) length[1];
              if (length[0] < 0 || length[0] > end - at) {
                throw new BrokenFormat("a field at byte " + at + " claims " + length[0] + " bytes");
              }
              yield at + (int) length[0];
            }
            default -> throw new BrokenFormat("wire type " + wire + " at byte " + at);
          };
      if (field == 0 || valueEnd > end) {
        throw new BrokenFormat("a field at byte " + at + " does not fit");
      }
      visitor.onField(field, wire, at, valueEnd);
      at = valueEnd;
    }
  }

  /// @return value and the place behind it
  private static long[] varint(byte[] bytes, int start, int end) {
    long value = 0;
    for (int i = 0; i < 10 && start + i < end; i++) {
      value |= (long) (bytes[start + i] & 0x7F) << (7 * i);
      if (bytes[start + i] >= 0) {
        return new long[] {value, start + i + 1};
      }
    }
    throw new BrokenFormat("an unfinished number at byte " + start);
  }

  private static void writeTag(ByteArrayOutputStream out, int field, int wire) {
    writeRawVarint(out, ((long) field << 3) | wire);
  }

  private static void writeVarint(ByteArrayOutputStream out, int field, long value) {
    writeTag(out, field, VARINT);
    writeRawVarint(out, value);
  }

  private static void writeBytes(ByteArrayOutputStream out, int field, byte[] value) {
    writeTag(out, field, LENGTH);
    writeRawVarint(out, value.length);
    out.writeBytes(value);
  }

  private static void writeRawVarint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest >= 0x80) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
