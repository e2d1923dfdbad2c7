# SPDX-License-Identifier: GPL-2.0-only
"""Guests of the system tests: their definitions, and a person at their consoles."""
import time

from machine import MachineError

DISK = """<disk type='{0}' device='disk'>
      <driver name='shoji' type='raw'/><source {1}='{2}'/><target dev='xvd{3}' bus='xen'/>
    </disk>"""
CARD = """<interface type='bridge'><mac address='{0}'/><source bridge='br0'/></interface>"""

DEFINITION = """<domain type='xen'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>{vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='xenpv'>linux</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{cmdline}</cmdline>
  </os>
  <on_poweroff>{on_poweroff}</on_poweroff>
  <on_reboot>{on_reboot}</on_reboot>
  <on_crash>{on_crash}</on_crash>
  <devices>
    {devices}
    <console type='pty'><target type='xen' port='0'/></console>
  </devices>
</domain>
"""

DEFAULTS = {"memory": 128, "vcpus": 1, "kernel": "/guests/vmlinuz", "initrd": "/guests/initrd",
            "cmdline": "console=hvc0", "on_poweroff": "destroy", "on_reboot": "restart",
            "on_crash": "destroy", "devices": ""}


def definition(name, **changes):
    """XML of a guest; what is not given is as in DEFAULTS."""
    return DEFINITION.format(name=name, **{**DEFAULTS, **changes})


def disk(path, letter="a"):
    """An XML disk; paths below /dev are block devices."""
    return DISK.format("block", "dev", path, letter) if path.startswith("/dev/") else DISK.format("file", "file", path, letter)


class Dom0:
    """Our tools in a machine's dom0."""

    def __init__(self, machine):
        self.machine = machine

    def start_services(self):
        """Store and console daemons."""
        self.machine.run("shoji-services start", 60).ok()
        return self

    def define(self, name, **changes):
        """A definition in dom0's /root."""
        self.machine.put(f"/root/{name}.xml", definition(name, **changes).encode())

    def create(self, name, **changes):
        """Make a guest and start it."""
        self.define(name, **changes)
        self.machine.run(f"shoji create /root/{name}.xml", 120).ok()

    def wait_log(self, name, text, seconds=120):
        """Until the guest's console log has a line with this text."""
        result = self.machine.run(f"wait_for {seconds} grep -qa '{text}' /var/log/shoji/console/{name}.log", seconds + 30)
        if result.status:
            tail = self.machine.run(f"tail -n 30 /var/log/shoji/console/{name}.log; cat /var/log/shoji/{name}.log; shoji list")
            raise MachineError(f"guest {name} did not say {text!r} within {seconds} s; it said\n{tail.output}")

    def wait_gone(self, name, seconds=60):
        """Until there is no domain of this name."""
        self.machine.run(f"wait_for {seconds} sh -c '! shoji list {name} >/dev/null 2>&1'", seconds + 30).ok()

    def type(self, name, *steps):
        """Type lines at the guest's console, each once the text before it was seen; all that was said."""
        script = ["exec 2>/dev/null", "rm -f /tmp/said; mkfifo /tmp/keys", f"shoji console {name} < /tmp/keys > /tmp/said &",
                  "exec 5> /tmp/keys", "printf '\\r' >&5"]
        for seconds, awaited, line in steps:
            script.append(f"wait_for {seconds} grep -qa '{awaited}' /tmp/said || echo '@missing {awaited}'")
            script.append(f"echo '{line}' >&5" if line is not None else "sleep 1")
        script += ["sleep 1", "printf '\\035' >&5", "exec 5>&-", "wait", "rm /tmp/keys", "cat /tmp/said"]
        total = sum(step[0] for step in steps) + 30
        self.machine.put("/tmp/type", ("\n".join(script) + "\n").encode())
        said = self.machine.run("sh /tmp/type", total).output
        if "@missing" in said:
            raise MachineError(f"console of {name}: {said[-3000:]}")
        return said

    def free_kib(self):
        """Free memory of the machine, once it has settled."""
        before = None
        for _ in range(30):
            text = self.machine.run("shoji info --json | sed -n 's/.*\"free_memory_kib\": *\\([0-9]*\\).*/\\1/p'").ok()
            now = int(text.split()[0])
            if now == before:
                break
            before = now
            time.sleep(0.5)
        return now
