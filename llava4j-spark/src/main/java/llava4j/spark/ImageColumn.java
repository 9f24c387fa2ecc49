package llava4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/// Where a row has its images.
///
/// @param index of the column; -1 for rows without images
/// @param several whether the value is an array
/// @param content index of the bytes in a struct; -1 if the value is no struct
/// @param path index of the path in a struct; -1 if there is none
record ImageColumn(String name, int index, boolean several, int content, int path)
    implements Serializable {

  /// @param known how names are compared
  /// @throws BadInputException if there is no such column, or it is of another kind
  static ImageColumn of(StructType schema, ColumnNames known, Optional<String> name) {
    if (name.isEmpty()) {
      return new ImageColumn("", -1, false, -1, -1);
    }
    String column = name.get();
    int index = known.index(schema, column, "imageCol");
    DataType type = schema.fields()[index].dataType();
    boolean several = type instanceof ArrayType;
    DataType each = type instanceof ArrayType array ? array.elementType() : type;
    if (each instanceof StringType || each instanceof BinaryType) {
      return new ImageColumn(column, index, several, -1, -1);
    }
    if (each instanceof StructType struct) {
      List<String> fields = List.of(struct.fieldNames());
      int content = fields.indexOf("content");
      int path = fields.indexOf("path");
      if (content >= 0 && struct.fields()[content].dataType() instanceof BinaryType) {
        boolean named = path >= 0 && struct.fields()[path].dataType() instanceof StringType;
        return new ImageColumn(column, index, several, content, named ? path : -1);
      }
    }
    throw new BadInputException(
        "column '"
            + column
            + "' is of type "
            + type.catalogString()
            + ", in which no image is read; give bytes of image files, their paths, structs with a"
            + " field 'content' as binaryFile has them, or an array of one of these");
  }

  /// The images of a row.
  ///
  /// @throws BadInputException if an array has a null
  List<RowImage> of(Row row) {
    if (index < 0 || row.isNullAt(index)) {
      return List.of();
    }
    if (!several) {
      return List.of(image(row.get(index), "the image in column '" + name + "'"));
    }
    List<RowImage> images = new ArrayList<>();
    for (Object value : row.getList(index)) {
      images.add(image(value, "image " + (images.size() + 1) + " in column '" + name + "'"));
    }
    return images;
  }

  private RowImage image(Object value, String what) {
    return switch (value) {
      case String text -> new RowImage.There(text);
      case byte[] bytes -> new RowImage.Here(what, bytes);
      case Row struct when !struct.isNullAt(content) ->
          new RowImage.Here(
              path < 0 || struct.isNullAt(path) ? what : struct.getString(path),
              struct.getAs(content));
      case null, default -> throw new BadInputException(what + " is null; give its bytes or path");
    };
  }
}
