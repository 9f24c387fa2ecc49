package llava4j.pickle;

import java.util.List;
import java.util.Optional;

/// The names that a kind of pickle may mention, and what stands for them here. Every other name is
/// refused.
///
/// Methods throw [IllegalArgumentException] with a reason for what they do not understand.
public interface PickleNames {
  /// What such a pickle is called in messages, such as `torch checkpoint`.
  String kind();

  /// What stands for a class or function.
  ///
  /// @return empty if the name is no part of this kind
  Optional<Object> named(String module, String name);

  /// What a call gives.
  ///
  /// @param function as [#named] gave it
  Object call(Object function, List<?> arguments);

  /// What stands for an object that lies outside the pickle.
  Object outside(Object id);

  /// Data alone: no name at all.
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
