# SPDX-License-Identifier: GPL-2.0-only
"""Write initramfs archives ("newc" cpio), device nodes included, without being root.

The kernel accepts several archives one after the other, so a base that rarely changes is written
once and small ones are appended at each run.
"""
import os
import stat


class Archive:
    """One cpio archive; paths are relative, parents are made on demand, a later path wins."""

    def __init__(self, file):
        self.file = file
        self.inode = 0
        self.folders = set()

    def _entry(self, path, mode, data=b"", device=(0, 0)):
        self.inode += 1
        name = path.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.file.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))

    def folder(self, path, mode=0o755):
        """A directory and those above it."""
        path = path.strip("/")
        if not path or path in self.folders:
            return
        self.folder(os.path.dirname(path))
        self.folders.add(path)
        self._entry(path, stat.S_IFDIR | mode)

    def add_bytes(self, path, data, mode=0o644):
        """A file with the given content."""
        self.folder(os.path.dirname(path))
        self._entry(path.strip("/"), stat.S_IFREG | mode, data)

    def add_link(self, path, target):
        """A symbolic link."""
        self.folder(os.path.dirname(path))
        self._entry(path.strip("/"), stat.S_IFLNK | 0o777, target.encode())

    def add_device(self, path, major, minor, mode=0o600):
        """A character device."""
        self.folder(os.path.dirname(path))
        self._entry(path.strip("/"), stat.S_IFCHR | mode, b"", (major, minor))

    def add_file(self, path, source):
        """A copy of a file or link of this machine, with its mode."""
        if os.path.islink(source):
            self.add_link(path, os.readlink(source))
            return
        with open(source, "rb") as file:
            self.add_bytes(path, file.read(), os.stat(source).st_mode & 0o777)

    def add_tree(self, source, prefix="", keep=lambda path: True, rename=lambda path: path):
        """All of a directory for which keep(relative path) holds, at prefix + rename(path)."""
        for top, folders, files in os.walk(source):
            folders.sort()
            for name in sorted(files + [f for f in folders if os.path.islink(os.path.join(top, f))]):
                full = os.path.join(top, name)
                path = os.path.relpath(full, source)
                if keep(path):
                    self.add_file(os.path.join(prefix, rename(path)), full)

    def close(self):
        """The trailer, padded so that another archive may follow."""
        self._entry("TRAILER!!!", 0)
        self.file.write(bytes(-self.file.tell() % 512))
