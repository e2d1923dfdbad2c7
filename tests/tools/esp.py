# SPDX-License-Identifier: GPL-2.0-only
"""An EFI system partition (a bare FAT image) with a hypervisor, dom0's kernel and initramfs."""
import os
import subprocess
import tempfile


def config(kind, hypervisor_options, kernel_options):
    """(file name, text) of the configuration that the EFI application of that kind reads."""
    if kind == "xen":
        return "BOOTX64.CFG", ("[global]\ndefault=dom0\n[dom0]\n"
                               f"options={hypervisor_options}\n"
                               f"kernel=vmlinuz {kernel_options}\nramdisk=initrd\n")
    return "shoji.cfg", (f"options={hypervisor_options}\nkernel=vmlinuz\n"
                         f"cmdline={kernel_options}\ninitrd=initrd\n")


def make_fat(path, files, size_mib=0):
    """A FAT image holding files: {path in the image: path here}; as large as needed, or as told."""
    size = size_mib * 1024 or sum(map(os.path.getsize, files.values())) // 1024 + 40 * 1024
    if os.path.exists(path):
        os.remove(path)
    subprocess.run(["/sbin/mkfs.vfat", "-F", "32", "-n", "SHOJI", "-C", path, str(size)],
                   check=True, stdout=subprocess.DEVNULL)
    folders = sorted({os.path.dirname(target) for target in files} - {""})
    made = set()
    for folder in folders:
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            part = "/".join(parts[:depth])
            if part not in made:
                subprocess.run(["mmd", "-i", path, "::" + part], check=True)
                made.add(part)
    for target, source in files.items():
        subprocess.run(["mcopy", "-o", "-i", path, source, "::" + target], check=True)


def write(path, kind, image, hypervisor_options, kernel, kernel_options, initrd, size_mib=0):  # pylint: disable=too-many-arguments
    """The ESP that boots `image` with this kernel and initrd."""
    with tempfile.TemporaryDirectory() as folder:
        name, text = config(kind, hypervisor_options, kernel_options)
        source = os.path.join(folder, name)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        make_fat(path, {"EFI/BOOT/BOOTX64.EFI": image, "EFI/BOOT/" + name: source,
                        "EFI/BOOT/vmlinuz": kernel, "EFI/BOOT/initrd": initrd}, size_mib)
