/// Images: fetch, decode, rotate, pad or split into tiles, resize like Pillow, normalise. The
/// results are the input of the vision tower and the layout for merging its features; no tensors
/// are used here.
package llava4j.image;
