/// Decodes image files to the same RGB bytes as Pillow, with limits for hostile files.
package llava4j.image.decode;
