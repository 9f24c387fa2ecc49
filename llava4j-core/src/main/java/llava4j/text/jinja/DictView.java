package llava4j.text.jinja;

import java.util.List;

/// The result of `keys()`, `values()` and `items()` of a dictionary.
///
/// @param kind `dict_keys`, `dict_values` or `dict_items`
record DictView(String kind, List<Object> items) {}
