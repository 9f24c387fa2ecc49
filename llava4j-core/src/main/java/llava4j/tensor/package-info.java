/// A thin layer over libtorch: element types, devices, scopes of native memory, conversion to Java
/// arrays.
package llava4j.tensor;
