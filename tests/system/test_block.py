# SPDX-License-Identifier: GPL-2.0-only
"""The block backend serves a stock Debian guest, is killed under it, and is asked bad things.

One machine, one guest with four disks: one for a file system, one on which the guest reports (so no
console daemon is needed: what the kernel says fits the ring), one read-only, one for programs/block_frontend.c, which plays a frontend of its own.
"""
import os
import re
import subprocess

import pytest

from machine import BUILD, TOP, Machine, MachineError

BACKEND = os.path.join(BUILD, "tools/shoji-blkback")
KILLS = 6
MIB = 24                # of random data, written again and again into the file system and once beside it
SECONDS = 7             # of writing under fire, at least
RAW_AT = 96             # MiB: where the file system has ended

pytestmark = pytest.mark.skipif(not os.path.exists(BACKEND), reason="the block backend is not built")

DISK = """<disk type='{1}' device='disk'>
      <driver name='shoji' type='raw'/><source {2}='{3}'/><target dev='{0}' bus='xen'/>{4}
    </disk>"""

GUEST = """<domain type='xen'>
  <name>blocks</name>
  <memory unit='MiB'>192</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='xenpv'>linux</type>
    <kernel>/guests/vmlinuz</kernel><initrd>/test/initrd</initrd>
    <cmdline>console=hvc0 quiet loglevel=0</cmdline>
  </os>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    %s
  </devices>
</domain>
"""

IN_GUEST = f"""
say() {{ echo "$@" >> /tmp/out; dd if=/tmp/out of=/dev/xvdb conv=fsync 2>/dev/null; }}
run() {{ "$@" >/tmp/last 2>&1 && say "did $1" || say "FAIL $*: $(cat /tmp/last)"; }}
sum() {{ md5sum < $1 | cut -d' ' -f1; }}
now() {{ cut -d. -f1 /proc/uptime; }}
again() {{ umount /m; echo 3 > /proc/sys/vm/drop_caches; mount -t ext4 /dev/xvda /m || say FAIL mount; }}
dd if=/dev/urandom of=/tmp/data bs=1M count={MIB} 2>/dev/null
data=$(sum /tmp/data)
say data $data
mkdir -p /m
run mke2fs -b 4096 /dev/xvda 65536
run mount -t ext4 -o discard /dev/xvda /m
say writing
end=$(($(now) + {SECONDS}))
while [ $(now) -lt $end ]; do
	cp /tmp/data /m/one || say FAIL cp
	sync
done
run cp /tmp/data /m/two
run dd if=/tmp/data of=/dev/xvda bs=1M seek={RAW_AT} conv=fsync
run sync
say written
again
say one $(sum /m/one)
say two $(sum /m/two)
rm /m/one
sync
run fstrim /m
again
say two $(sum /m/two)
run umount /m
say blocks $(cat /sys/block/xvda/size) readonly $(cat /sys/block/xvda/ro) $(cat /sys/block/xvdc/ro)
say cache $(cat /sys/block/xvda/queue/write_cache)
dd if=/dev/zero of=/dev/xvdc bs=4k count=1 conv=fsync 2>/dev/null && say FAIL xvdc was written
say xvdc $(sum /dev/xvdc)
echo vbd-51744 > /sys/bus/xen/drivers/vbd/unbind
echo vbd-51760 > /sys/bus/xen/drivers/vbd/unbind
insmod /test/xen-gntalloc.ko
/test/block_frontend 51760 > /tmp/hostile 2>&1
say "$(cat /tmp/hostile)"
/test/block_frontend 51744 readonly > /tmp/hostile 2>&1
say "$(cat /tmp/hostile)"
say finished
poweroff -f
"""

IN_DOM0 = """
set -e
mkdir -p /run/shoji /tmp/g/etc /tmp/g/test
shoji-stored > /var/log/stored.log 2>&1 &
wait_for 20 xenstore-ls /
cp /test/guest.rc /tmp/g/etc/rc
cp /test/block_frontend $(find /usr/lib/modules -name xen-gntalloc.ko) /tmp/g/test
(cd /tmp/g; find . | cpio -o -H newc 2>/dev/null | gzip -1) > /tmp/g.cpio.gz
cat /guests/initrd /tmp/g.cpio.gz > /test/initrd
modprobe -a virtio_pci virtio_blk
[ -b /dev/vda ] && ln -s /dev/vda /test/xvda.img || truncate -s 128M /test/xvda.img
truncate -s 64k /test/xvdb.img
truncate -s 16M /test/xvdd.img
dd if=/dev/urandom of=/test/xvdc.img bs=1M count=4 2>/dev/null
set +e
"""

# Kills the backend of xvda again and again while the guest writes.
KILL = f"""
kills=0
while [ $kills -lt {KILLS} ] && ! grep -qa ^written /test/xvdb.img; do
	sleep 0.3
	pid=$(ps | awk '/shoji-[b]lkback.*51712/ {{print $1}}')
	[ "$pid" ] && kill -9 $pid && kills=$((kills + 1))
done
echo kills $kills
"""


def definition(block):
    """The guest, its first disk on a block device or a file."""
    disks = [DISK.format("xvda", "block", "dev", "/dev/vda", "") if block else
             DISK.format("xvda", "file", "file", "/test/xvda.img", "")]
    for name in ("xvdb", "xvdc", "xvdd"):
        disks.append(DISK.format(name, "file", "file", f"/test/{name}.img", "<readonly/>" if name == "xvdc" else ""))
    return GUEST % "\n    ".join(disks)


def prepare(folder, block):
    """What dom0 gets beside our tools: the guest, its script and the hostile frontend."""
    test = folder / "root/test"
    test.mkdir(parents=True)
    (test / "guest.xml").write_text(definition(block))
    (test / "guest.rc").write_text(IN_GUEST)
    (test / "guest.rc").chmod(0o755)
    subprocess.run(["gcc", "-static", "-O2", "-D_GNU_SOURCE", f"-I{TOP}/include-public", f"-I{TOP}/pv-drivers", "-o",
                    str(test / "block_frontend"), f"{TOP}/tests/system/programs/block_frontend.c"], check=True)


def wait_report(machine, word, seconds):
    """The guest's report, once it has a line that begins with word."""
    try:
        machine.run(f"wait_for {seconds} grep -qa ^{word} /test/xvdb.img", seconds + 30).ok()
    except MachineError as error:
        raise MachineError(f"{error}\n{state(machine)}") from None
    return machine.run("tr -d '\\0' < /test/xvdb.img").ok()


def state(machine):
    """For a failed test."""
    return machine.run("tr -d '\\0' < /test/xvdb.img; cat /var/log/shoji/*.log; shoji list").output


def check_rights(machine):
    """Each backend has no capability, gains none, and sits in its sandbox."""
    status = machine.run("for p in $(pidof shoji-blkback); do cat /proc/$p/status; done").ok()
    assert re.findall(r"^CapEff:\s*(\w+)$", status, re.M) == ["0" * 16] * 4, status
    assert re.findall(r"^NoNewPrivs:\s*(\d)$", status, re.M) == ["1"] * 4, status
    assert re.findall(r"^Seccomp:\s*(\d)$", status, re.M) == ["2"] * 4, status


def check_data(machine, report):
    """What the guest wrote is what it reads, and what is on the disk."""
    digest = re.search(r"^data (\w{32})$", report, re.M).group(1)
    assert re.findall(r"^(?:one|two) (\w+)$", report, re.M) == [digest] * 3, report
    raw = machine.run(f"dd if=/test/xvda.img bs=1M skip={RAW_AT} count={MIB} 2>/dev/null | md5sum").ok()
    assert raw.split()[0] == digest
    same = machine.run("md5sum < /test/xvdc.img").ok().split()[0]
    assert re.search(rf"^xvdc {same}$", report, re.M), report
    assert re.search(r"^blocks 262144 readonly 0 1$", report, re.M), report
    assert re.search(r"^cache write back$", report, re.M), report


def check_log(machine, kills):
    """The supervisor started it again each time, in the middle of work, and no other backend ever died."""
    log = machine.run("cat /var/log/shoji/blocks.log").ok()
    restarts = re.findall(r"backend of xvda ended with signal 9", log)
    assert len(restarts) == kills >= KILLS // 2, log
    again = [int(number) for number in re.findall(r"connected again: (\d+) requests", log)]
    assert 0 < len(again) <= kills and sum(again) > 0, log
    assert len(re.findall(r"ended with (signal|status)", log)) == kills, log
    assert len(re.findall(r"nonsense on its ring", log)) == 2, log


FULL = pytest.mark.full


@pytest.mark.parametrize("hypervisor,kind", [("shoji", "file"), ("shoji", "device"),
                                             pytest.param("xen", "file", marks=FULL),
                                             pytest.param("xen", "device", marks=FULL)])
def test_block(hypervisor, kind, tmp_path):
    """A file system under fire, then refusals."""
    prepare(tmp_path, kind == "device")
    disk = tmp_path / "disk.raw"
    disk.touch()
    os.truncate(disk, 128 << 20)
    disks = (f"virtio:{disk}",) if kind == "device" else ()
    with Machine(hypervisor=hypervisor, overlays=(str(tmp_path / "root"),), cpus=2, memory=2048, disks=disks) as machine:
        machine.run(IN_DOM0).ok()
        machine.run("shoji create /test/guest.xml").ok()
        wait_report(machine, "writing", 120)
        check_rights(machine)
        kills = int(machine.run(KILL, 120).ok().split()[-1])
        report = wait_report(machine, "finished", 240)
        assert "FAIL" not in report, report
        assert len(re.findall(r"^ok ", report, re.M)) == 36, report
        check_data(machine, report)
        check_log(machine, kills)
        machine.run("wait_for 30 sh -c '! ps | grep shoji-[b]lkback'").ok()
        assert machine.run("xenstore-ls /local/domain/0/backend/shoji-vbd").output.strip() == ""


@FULL
def test_store_away(tmp_path):
    """The store is killed, and comes back empty: the disk is served all the same."""
    prepare(tmp_path, False)
    with Machine(overlays=(str(tmp_path / "root"),), cpus=2, memory=2048) as machine:
        machine.run(IN_DOM0).ok()
        machine.run("shoji create /test/guest.xml").ok()
        wait_report(machine, "writing", 120)
        machine.run("kill -9 $(pidof shoji-stored); sleep 2; shoji-stored > /var/log/stored.log 2>&1 &").ok()
        report = wait_report(machine, "xvdc", 120)
        assert "FAIL" not in report, report
        check_data(machine, report)
        assert len(re.findall("served on", machine.run("cat /var/log/shoji/blocks.log").ok())) == 4
