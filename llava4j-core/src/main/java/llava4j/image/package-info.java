/// Images: fetch, decode, orient, pad or tile, resize as Pillow does, normalise. Gives the numbers
/// that enter the vision tower and the geometry by which its features are merged; knows nothing of
/// tensors.
package llava4j.image;
