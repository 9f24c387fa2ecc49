"""Compares the weights of two checkpoints, written by any numbers of processes:
compare.py START ONE OTHER LARGEST

Every weight must be as in OTHER within LARGEST, and the distance of both at most 1 % of what training
has changed since the checkpoint START: the tolerances of the tests against the reference's runs.
"""
import array
import glob
import json
import math
import os
import struct
import sys


def weights(folder):
    """All weights of a checkpoint, in order of units: unit -> values."""
    units = {}
    for path in sorted(glob.glob(os.path.join(folder, "process-*.safetensors"))):
        with open(path, "rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(length))
            for name in sorted(header):
                if name == "__metadata__" or not name.endswith("weights"):
                    continue
                if header[name]["dtype"] != "F32":
                    sys.exit(f"{path}: {name} is {header[name]['dtype']}, not F32")
                begin, end = header[name]["data_offsets"]
                file.seek(8 + length + begin)
                part = array.array("f")
                part.frombytes(file.read(end - begin))
                units.setdefault(name, array.array("f")).extend(part)
    return units


def distance(one, other):
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other)))


def main(start, one, other, largest):
    start, one, other = weights(start), weights(one), weights(other)
    if not other or set(one) != set(other):
        sys.exit(f"the checkpoints have different units: {sorted(one)}, {sorted(other)}")
    for name, values in other.items():
        if len(values) != len(one[name]):
            sys.exit(f"{name} has {len(one[name])} instead of {len(values)} weights")
        furthest = max(abs(a - b) for a, b in zip(one[name], values))
        changed = distance(values, start[name])
        share = distance(one[name], values) / changed
        print(
            f"  {name}: {len(values)} weights, largest difference {furthest:.1e} (allowed {largest:.1e}),"
            f" distance {share:.1e} of the change (allowed 1.0e-02)"
        )
        if not (furthest <= largest and share <= 1e-2 and changed > 0):
            sys.exit("  the weights differ")


if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[4]))
