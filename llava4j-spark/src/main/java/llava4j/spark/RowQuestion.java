package llava4j.spark;

import java.util.List;

/// What a row asks.
record RowQuestion(String prompt, List<RowImage> images) {}
