package llava4j.text.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.ProtoFields.BrokenFormat;

/// A SentencePiece BPE model with byte fallback, like LLaMA's: its pieces and two settings of its
/// normaliser.
///
/// The native library does not return the list of pieces and trusts its input. So a file is parsed
/// here, and the library gets only a new model written by `bytes()`: no byte of a hostile file
/// reaches it.
///
/// @param pieces in id order
/// @param addDummyPrefix whether a blank is added before a text
/// @param removeExtraBlanks whether runs of blanks become one blank; LLaMA's model keeps them
public record SentencePieceModel(
    List<Piece> pieces, boolean addDummyPrefix, boolean removeExtraBlanks) {
  private static final int MAX_PIECES = 4_000_000;
  private static final int MAX_PIECE_BYTES = 4096;
  private static final long BPE = 2;
  private static final int NUM_BYTES = 256;

  /// The types of pieces, numbered as in the file format.
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

    /// The type's number in SentencePiece and GGUF files.
    public int number() {
      return number;
    }

    /// The type with this number in the file; null if there is none.
    public static PieceType of(long number) {
      for (PieceType type : values()) {
        if (type.number == number) {
          return type;
        }
      }
      return null;
    }

    /// The type of a token in a GGUF file.
    ///
    /// @param where the file, for messages
    static PieceType ofToken(long number, int id, String where) {
      PieceType type = of(number);
      if (type == null) {
        throw new BadInputException(
            where
                + ": token "
                + id
                + " has the unknown type "
                + number
                + "; convert the model again");
      }
      return type;
    }
  }

  /// One vocabulary entry.
  public record Piece(String text, float score, PieceType type) {}

  /// The settings in a file, with the format's defaults.
  private static final class Switches {
    long modelType = 1;
    boolean hasNormaliserRules;
    boolean addDummyPrefix = true;
    boolean removeExtraBlanks = true;
    boolean escapesBlanks = true;
  }

  /// Reads and checks a `tokenizer.model`.
  ///
  /// @param where the file in messages
  public static SentencePieceModel parse(byte[] bytes, String where) {
    ForeignVocabulary.requireNoTiktoken(bytes, where);
    try {
      List<Piece> pieces = new ArrayList<>();
      Switches switches = new Switches();
      ProtoFields.forEach(
          bytes,
          0,
          bytes.length,
          (field, wire, start, end) -> {
            if (wire == ProtoFields.LENGTH) {
              switch (field) {
                case 1 -> pieces.add(piece(bytes, start, end, pieces.size()));
                case 2 -> readTrainer(bytes, start, end, switches);
                case 3 -> readNormaliser(bytes, start, end, switches);
                default -> {} // self-test data, denormaliser: not needed
              }
            }
          });
      requireLlama(switches);
      requireSound(pieces);
      return new SentencePieceModel(
          List.copyOf(pieces), switches.addDummyPrefix, switches.removeExtraBlanks);
    } catch (BrokenFormat e) {
      throw new BadInputException(
          where
              + " is not a SentencePiece model of LLaMA's kind: "
              + e.getMessage()
              + "; download it again",
          e);
    }
  }

  /// Builds a model from a vocabulary of another source (GGUF).
  ///
  /// @throws BadInputException if the vocabulary cannot be that of a SentencePiece model
  public static SentencePieceModel of(List<Piece> pieces, boolean addDummyPrefix) {
    try {
      requireSound(pieces);
    } catch (BrokenFormat e) {
      throw new BadInputException(
          "the vocabulary is not of LLaMA's kind: " + e.getMessage() + "; convert the model again",
          e);
    }
    return new SentencePieceModel(List.copyOf(pieces), addDummyPrefix, false);
  }

  /// The model without a blank before a text.
  public SentencePieceModel withoutDummyPrefix() {
    return new SentencePieceModel(pieces, false, removeExtraBlanks);
  }

  /// The bytes of a `ModelProto` with the fields above.
  public byte[] bytes() {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    for (Piece piece : pieces) {
      ByteArrayOutputStream entry = new ByteArrayOutputStream();
      ProtoFields.writeBytes(entry, 1, piece.text().getBytes(StandardCharsets.UTF_8));
      ProtoFields.writeReal(entry, 2, piece.score());
      ProtoFields.writeNumber(entry, 3, piece.type().number);
      ProtoFields.writeBytes(model, 1, entry.toByteArray());
    }
    ByteArrayOutputStream trainer = new ByteArrayOutputStream();
    ProtoFields.writeNumber(trainer, 3, BPE);
    ProtoFields.writeNumber(trainer, 4, pieces.size());
    ProtoFields.writeNumber(trainer, 35, hasBytes() ? 1 : 0); // byte_fallback
    ProtoFields.writeBytes(model, 2, trainer.toByteArray());
    ByteArrayOutputStream normaliser = new ByteArrayOutputStream();
    ProtoFields.writeBytes(normaliser, 1, "identity".getBytes(StandardCharsets.UTF_8));
    ProtoFields.writeNumber(normaliser, 3, addDummyPrefix ? 1 : 0);
    ProtoFields.writeNumber(normaliser, 4, removeExtraBlanks ? 1 : 0);
    ProtoFields.writeNumber(normaliser, 5, 1); // escape_whitespaces
    ProtoFields.writeBytes(model, 3, normaliser.toByteArray());
    return model.toByteArray();
  }

  private boolean hasBytes() {
    return pieces.stream().anyMatch(piece -> piece.type() == PieceType.BYTE);
  }

  private static void readTrainer(byte[] bytes, int start, int end, Switches switches) {
    ProtoFields.forEach(
        bytes,
        start,
        end,
        (field, wire, from, to) -> {
          if (field == 3 && wire == ProtoFields.VARINT) {
            switches.modelType = ProtoFields.number(bytes, from, to);
          }
        });
  }

  private static void readNormaliser(byte[] bytes, int start, int end, Switches switches) {
    ProtoFields.forEach(
        bytes,
        start,
        end,
        (field, wire, from, to) -> {
          if (field == 2 && wire == ProtoFields.LENGTH) {
            switches.hasNormaliserRules = to > from;
          } else if (wire == ProtoFields.VARINT) {
            boolean on = ProtoFields.number(bytes, from, to) != 0;
            switch (field) {
              case 3 -> switches.addDummyPrefix = on;
              case 4 -> switches.removeExtraBlanks = on;
              case 5 -> switches.escapesBlanks = on;
              default -> {} // does not affect ids
            }
          }
        });
  }

  private static Piece piece(byte[] bytes, int start, int end, int id) {
    String[] text = {""};
    float[] score = {0};
    long[] type = {PieceType.NORMAL.number};
    ProtoFields.forEach(
        bytes,
        start,
        end,
        (field, wire, from, to) -> {
          if (field == 1 && wire == ProtoFields.LENGTH) {
            text[0] = utf8(bytes, from, to, id);
          } else if (field == 2 && wire == ProtoFields.FIXED32) {
            score[0] = ProtoFields.real(bytes, from);
          } else if (field == 3 && wire == ProtoFields.VARINT) {
            type[0] = ProtoFields.number(bytes, from, to);
          }
        });
    PieceType pieceType = PieceType.of(type[0]);
    if (pieceType == null) {
      throw new BrokenFormat("piece " + id + " has the unknown type " + type[0]);
    }
    return new Piece(text[0], score[0], pieceType);
  }

  private static String utf8(byte[] bytes, int start, int end, int id) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, end - start))
          .toString();
    } catch (CharacterCodingException _) {
      throw new BrokenFormat("piece " + id + " is not UTF-8");
    }
  }

  private static void requireLlama(Switches switches) {
    if (switches.modelType != BPE) {
      throw new BrokenFormat(
          "its model type is " + switches.modelType + ", but " + BPE + " (BPE) is needed");
    }
    // The rules are a native trie that is read without checks: another reason to refuse them.
    if (switches.hasNormaliserRules || !switches.escapesBlanks) {
      throw new BrokenFormat("it changes the text before it splits it, which LLaMA's does not");
    }
  }

  /// Checks everything that the native library relies on.
  private static void requireSound(List<Piece> pieces) {
    if (pieces.isEmpty() || pieces.size() > MAX_PIECES) {
      throw new BrokenFormat("it has " + pieces.size() + " pieces");
    }
    Set<String> seen = new HashSet<>();
    int numUnknown = 0;
    int numBytes = 0;
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      if (piece.text().isEmpty()
          || piece.text().indexOf('\0') >= 0
          || piece.text().length() > MAX_PIECE_BYTES
          || !Float.isFinite(piece.score())) {
        throw new BrokenFormat("piece " + id + " has no usable text or score");
      }
      if (!seen.add(piece.text())) {
        throw new BrokenFormat("piece " + id + " '" + piece.text() + "' is there twice");
      }
      numUnknown += piece.type() == PieceType.UNKNOWN ? 1 : 0;
      if (piece.type() == PieceType.BYTE) {
        numBytes++;
        if (Utf8Assembler.byteOf(piece.text()) < 0) {
          throw new BrokenFormat("piece " + id + " '" + piece.text() + "' is not a byte <0x00>");
        }
      }
    }
    if (numUnknown != 1 || (numBytes != 0 && numBytes != NUM_BYTES)) {
      throw new BrokenFormat(
          "it has "
              + numUnknown
              + " unknown pieces and "
              + numBytes
              + " byte pieces, but 1 and "
              + NUM_BYTES
              + " are needed");
    }
  }
}
