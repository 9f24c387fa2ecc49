package llava4j.text.jinja;

import java.util.List;

/// What `keys()`, `values()` and `items()` of a dictionary give.
///
/// @param kind `dict_keys`, `dict_values` or `dict_items`
record DictView(String kind, List<Object> items) {}
