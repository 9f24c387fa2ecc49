package llava4j.assembly;

/// A place in memory.
///
/// @param base holds the address
/// @param displacement bytes from there
public record Memory(Register base, int displacement) {}
