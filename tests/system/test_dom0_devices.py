# SPDX-License-Identifier: GPL-2.0-only
"""dom0's own devices on our hypervisor: disks and cards with INTx, MSI and MSI-X, data checked both ways."""
import base64
import functools
import hashlib
import http.server
import os
import threading

import pytest

from machine import Machine

MIB = 20
DATA = base64.b64encode(os.urandom(3 << 18)) * MIB     # text: what wget posts ends at a zero byte
MD5 = hashlib.md5(DATA).hexdigest()


class Exchange(http.server.BaseHTTPRequestHandler):
    """Gives DATA, takes what is sent and says its MD5."""

    def do_GET(self):                   # pylint: disable=invalid-name
        """The data."""
        self.reply(DATA)

    def do_POST(self):                  # pylint: disable=invalid-name
        """The MD5 of the body."""
        digest, left = hashlib.md5(), int(self.headers["Content-Length"])
        while left:
            part = self.rfile.read(min(left, 1 << 16))
            digest.update(part)
            left -= len(part)
        self.reply(digest.hexdigest().encode())

    def reply(self, body):
        """A plain answer."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):          # pylint: disable=arguments-differ
        """Quiet."""


@pytest.fixture(scope="module", name="port")
def port_fixture():
    """An HTTP server on this host's loopback; guests of user-mode networking see it at 10.0.2.2."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    thread = threading.Thread(target=functools.partial(server.serve_forever, 0.1), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()


def use_disk(machine, device):
    """A file system on it, 20 MiB written, flushed out of the cache and read back."""
    machine.run(f"wait_for 20 test -b {device} && mke2fs {device} >/dev/null && mkdir -p /mnt/d && mount -t ext4 {device} /mnt/d", 60).ok()
    machine.run("cp /tmp/data /mnt/d/ && umount /mnt/d && echo 3 > /proc/sys/vm/drop_caches", 60).ok()
    machine.run(f"mount -t ext4 {device} /mnt/d", 60).ok()
    assert machine.run("md5sum < /mnt/d/data", 60).ok().split()[0] == MD5
    machine.run("umount /mnt/d").ok()


def use_card(machine, port):
    """An address by DHCP, 20 MiB in and out."""
    machine.run("wait_for 20 test -e /sys/class/net/eth0 && ip link set eth0 up").ok()
    machine.run("printf '#!/bin/sh\\n[ \"$1\" = bound ] && ip addr add $ip/24 dev $interface\\nexit 0\\n' > /tmp/dhcp; chmod +x /tmp/dhcp")
    machine.run("udhcpc -i eth0 -n -q -t 20 -T 1 -s /tmp/dhcp", 40).ok()
    machine.run(f"wget -q -O /tmp/data http://10.0.2.2:{port}/", 90).ok()
    assert machine.run("md5sum < /tmp/data").ok().split()[0] == MD5
    assert machine.run(f"wget -q -O - --post-file=/tmp/data http://10.0.2.2:{port}/", 90).ok().strip() == MD5


def interrupts(machine, name):
    """How many interrupts a driver has had."""
    text = machine.run(f"awk '/{name}/ {{ for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i }} END {{ print n + 0 }}' /proc/interrupts").ok()
    return int(text)


@pytest.mark.parametrize("board,disk,card,module", [("q35", "ahci", "e1000e", "ahci e1000e"),
                                                    ("pc", "virtio", "virtio", "virtio_pci virtio_blk virtio_net")])
def test_disk_and_network(board, disk, card, module, port, tmp_path):
    """AHCI with e1000e on q35, virtio on the old board."""
    image = tmp_path / "disk.img"
    with open(image, "wb") as file:
        file.truncate(128 << 20)
    with Machine(machine=board, cpus=2, disks=(f"{disk}:{image}",), net=card) as machine:
        machine.run("modprobe -a crc32c_generic ext4 sd_mod " + module).ok()
        use_card(machine, port)
        use_disk(machine, "/dev/sda" if disk == "ahci" else "/dev/vda")
        assert interrupts(machine, "ahci" if disk == "ahci" else "virtio") > 100
        assert machine.run("dmesg | grep -E 'BUG:|WARNING: CPU|nobody cared|timed out'").output == ""
        machine.power_off()
