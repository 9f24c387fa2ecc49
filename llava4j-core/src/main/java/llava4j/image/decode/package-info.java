/// Files of images to RGB bytes equal to Pillow's, within limits that hold for hostile files.
package llava4j.image.decode;
