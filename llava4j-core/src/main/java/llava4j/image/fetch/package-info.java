/// Images from files, `data:` URIs, streams and public addresses.
package llava4j.image.fetch;
