# SPDX-License-Identifier: GPL-2.0-only
"""The network backend under a stock Debian guest: bridge, outside gateway, TCP both ways, kill -9 in between."""
import os

import pytest

from guests import CARD, Dom0
from machine import BUILD, Machine

MIB = 20
MAC = "00:16:3e:12:34:56"
pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(BUILD, "tools/shoji-netback")), reason="the network backend is not built")

# The bridge takes over the card to the outside, as in the image that `make run` boots.
BRIDGE = """
set -e
modprobe -a bridge tun e1000e
wait_for 10 test -e /sys/class/net/eth0
ip link add br0 type bridge
ip link set eth0 master br0
ip link set eth0 up
ip link set br0 up
ip addr add 10.0.2.15/24 dev br0
set +e
"""

IN_GUEST = ["ip addr add 10.0.2.77/24 dev eth0", "ip link set eth0 up"]


def serve(machine):
    """A file of random bytes that dom0 serves; its MD5."""
    machine.run(f"mkdir -p /tmp/www && dd if=/dev/urandom of=/tmp/www/data bs=1M count={MIB} 2>/dev/null && httpd -p 8000 -h /tmp/www").ok()
    return machine.run("md5sum < /tmp/www/data").ok().split()[0]


def kill_backend(machine):
    """kill -9, and wait for its successor."""
    machine.run("old=$(pidof shoji-netback); kill -9 $old; wait_for 20 sh -c \"p=\\$(pidof shoji-netback) && [ \\$p != $old ]\"", 40).ok()


def test_guest_network():
    """Ping, 20 MiB in and out with checksums; the backend dies, and the store, and the traffic goes on."""
    with Machine(cpus=2, memory=2048, net="e1000e") as machine:
        dom0 = Dom0(machine).start_services()
        machine.run(BRIDGE).ok()
        dom0.create("net", memory=192, devices=CARD.format(MAC))
        dom0.wait_log("net", "READY guest")
        expected = serve(machine)
        said = dom0.type("net", (20, "# ", "; ".join(IN_GUEST)), (10, "# ", "cat /sys/class/net/eth0/address"),
                         (10, MAC, "ping -c 3 -w 20 10.0.2.15; ping -c 3 -w 20 10.0.2.2; echo pinged | tr p P"),
                         (60, "Pinged", "wget -q -O /tmp/data http://10.0.2.15:8000/data; md5sum < /tmp/data"),
                         (60, expected, "httpd -p 8000 -h /tmp; echo served | tr s S"), (20, "Served", None))
        assert said.count("3 packets received") == 2, said
        kill_backend(machine)
        # 20 MiB from the guest, the backend killed again in the middle
        machine.run("(wget -q -O - http://10.0.2.77:8000/data | md5sum > /tmp/sum) & sleep 0.3; kill -9 $(pidof shoji-netback); wait", 120)
        assert machine.run("cat /tmp/sum").ok().split()[0] == expected
        machine.run("wget -q -O - http://10.0.2.77:8000/data >/dev/null", 60).ok()
        machine.run("ip link set br0 down; ping -c 1 -w 2 10.0.2.77; ip link set br0 up")
        machine.run("ping -c 2 -w 20 10.0.2.77", 30).ok()
        # without the store, and with one that has forgotten everything
        backend = machine.run("pidof shoji-netback").ok()
        machine.run("(wget -q -O - http://10.0.2.77:8000/data | md5sum > /tmp/sum) & sleep 0.3; kill -9 $(pidof shoji-stored); wait", 120)
        assert machine.run("cat /tmp/sum").ok().split()[0] == expected
        machine.run("shoji-stored > /var/log/stored.log 2>&1 & sleep 2; ping -c 2 -w 20 10.0.2.77", 30).ok()
        assert machine.run("pidof shoji-netback").ok() == backend
        log = machine.run("cat /var/log/shoji/net.log").ok()
        assert log.count("starting it again") == 2, log
        machine.run("shoji destroy net").ok()
        machine.run("wait_for 20 sh -c '! ip link show vif1.0 2>/dev/null'", 30).ok()
        assert machine.run("xenstore-ls /local/domain/0/backend 2>/dev/null | grep -c mac").output.strip() in ("", "0")
        machine.power_off()
