package llava4j.pickle;

import java.util.List;
import java.util.Optional;

/// The allowed names of a kind of pickle, and the Java values for them. All other names are
/// refused.
///
/// Methods throw [IllegalArgumentException] with a reason for unsupported content.
public interface PickleNames {
  /// The name of this kind of pickle in messages, such as `torch checkpoint`.
  String kind();

  /// The value for a class or function.
  ///
  /// @return empty if the name is not allowed
  Optional<Object> named(String module, String name);

  /// The result of a call.
  ///
  /// @param function the result of [#named]
  Object call(Object function, List<?> arguments);

  /// The value for an object outside of the pickle.
  Object outside(Object id);

  /// Only data: no names are allowed.
  static PickleNames none(String kind) {
    return new PickleNames() {
      @Override
      public String kind() {
        return kind;
      }

      @Override
      public Optional<Object> named(String module, String name) {
        return Optional.empty();
      }

      @Override
      public Object call(Object function, List<?> arguments) {
        throw new IllegalArgumentException("it calls something that is no function");
      }

      @Override
      public Object outside(Object id) {
        throw new IllegalArgumentException("it refers to something outside itself");
      }
    };
  }
}
