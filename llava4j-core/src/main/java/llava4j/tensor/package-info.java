/// The thin layer over libtorch: element types, device choice, scopes of native memory, conversion
/// to Java arrays.
package llava4j.tensor;
