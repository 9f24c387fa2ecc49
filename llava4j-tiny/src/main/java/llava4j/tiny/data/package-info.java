/// A small mixture of real data that trains the bundled model: captions, questions of every kind of
/// the paper's mixture, text; drawn from pinned, freely licensed packages.
package llava4j.tiny.data;
