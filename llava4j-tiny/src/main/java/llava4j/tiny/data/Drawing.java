package llava4j.tiny.data;

import java.awt.image.BufferedImage;

/// One drawing of a thing, cut to what is visible.
///
/// @param image with transparency, at most [Drawings#SIDE] pixels a side
record Drawing(Concept concept, Style style, BufferedImage image) {}
