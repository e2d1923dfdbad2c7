#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take the plain vmlinux out of a bzImage (boot protocol 2.08 or later; xz, gzip or zstd inside)."""
import gzip
import lzma
import struct
import subprocess
import sys


def payload(image):
    """The compressed part, without the size word that follows it."""
    if image[0x202:0x206] != b"HdrS":
        raise ValueError("no bzImage: the 'HdrS' mark at 0x202 is missing")
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    return image[start:start + length]


def unpack(data):
    """Decompress by the magic number."""
    if data[:6] == b"\xfd7zXZ\x00":
        return lzma.LZMADecompressor().decompress(data)
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data[:-4])
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data[:-4], stdout=subprocess.PIPE, check=True).stdout
    raise ValueError(f"unknown compression, magic {data[:6].hex()}")


def extract(source, target):
    """Write the ELF image inside `source` to `target`."""
    with open(source, "rb") as file:
        image = unpack(payload(file.read()))
    if image[:4] != b"\x7fELF":
        raise ValueError(f"{source}: what is inside is no ELF file")
    with open(target, "wb") as file:
        file.write(image)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: kernel_image.py BZIMAGE VMLINUX")
    extract(sys.argv[1], sys.argv[2])
