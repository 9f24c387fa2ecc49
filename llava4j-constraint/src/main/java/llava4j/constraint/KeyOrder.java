package llava4j.constraint;

/// In which order the members of a JSON object may come.
public enum KeyOrder {
  /// Those that the schema names in its order, others behind them.
  SCHEMA,
  /// Any order.
  ANY
}
