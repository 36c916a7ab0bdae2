"""Network namespaces that a test makes and removes, and programs that run in them.

A namespace is held by a process, not by a name below /run/netns: when the process ends nothing is
left. All programs are stopped by their own id and waited for."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PATIENCE = 20  # seconds for anything to get ready, or to end


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        raise unittest.SkipTest("not installed: " + ", ".join(missing))
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, for network namespaces")


def wait_until(condition, what, patience=PATIENCE):
    """The first true value of condition(); it is asked again and again."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {patience} s")
        time.sleep(0.05)


class Program:
    """A running program; its output goes to files in `folder`."""

    def __init__(self, command, folder, name):
        self.name = name
        self.out, self.err = Path(folder, name + ".out"), Path(folder, name + ".err")
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err, cwd=folder)

    def text(self):
        return self.out.read_text(errors="replace") + self.err.read_text(errors="replace")

    def wait_for(self, condition, what):
        def look():
            assert self.process.poll() is None, f"{self.name} ended: {self.text()[-2000:]}"
            return condition()
        return wait_until(look, f"{self.name}: {what}")

    def wait_for_text(self, text):
        return self.wait_for(lambda: text in self.text(), text)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end: {self.text()[-2000:]}")


class Namespace:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ready\n"
        self.enter = ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid]

    def run(self, *command, check=True, timeout=60, **more):
        done = subprocess.run([*self.enter, *map(str, command)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, cwd=self.folder, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    @contextlib.contextmanager
    def program(self, name, *command, how=signal.SIGTERM):
        started = Program([*self.enter, *command], self.folder, f"{self.name}-{name}")
        try:
            yield started
        finally:
            started.stop(how)

    def frames(self, interface):
        """What the interface has sent and received, by its own counters."""
        (link,) = json.loads(self.run("ip", "-j", "-s", "link", "show", interface).stdout)
        both = link["stats64"]
        return {"packets": both["rx"]["packets"] + both["tx"]["packets"],
                "bytes": both["rx"]["bytes"] + both["tx"]["bytes"],
                "lost": both["rx"]["dropped"] + both["tx"]["dropped"] + both["rx"]["errors"]}

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class Wire:
    """Two namespaces and the cable between them."""
    CLIENT_V4, SERVER_V4, NET_V4 = "192.0.2.1", "192.0.2.2", "192.0.2.0/24"
    CLIENT_V6, SERVER_V6, NET_V6 = "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::/64"
    CLIENT_IF, SERVER_IF = "c0", "s0"
    SERVER_HOSTS = "192.0.2.2/32,2001:db8:1::2/128"  # a host_spec
    QUIET = {"router_solicitations": 0, "accept_ra": 0, "accept_dad": 0}  # of IPv6
    MTU = 1500

    def __init__(self, folder):
        self.folder = folder
        self.client, self.server = Namespace("client", folder), Namespace("server", folder)

    def connect(self):
        self.plug_in()
        self.add_addresses()

    def plug_in(self):
        """The cable: nothing sends on its own, and frames stay as they are sent."""
        self.client.run("ip", "link", "add", self.CLIENT_IF, "type", "veth", "peer", "name",
                        self.SERVER_IF, "netns", self.server.holder.pid)
        for space, interface in self.ends():
            for key, value in self.QUIET.items():
                space.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.{key}={value}")
            space.run("ethtool", "-K", interface, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            space.run("ip", "link", "set", "lo", "up")
            space.run("ip", "link", "set", interface, "mtu", self.MTU, "up")

    def ends(self):
        return (self.client, self.CLIENT_IF), (self.server, self.SERVER_IF)

    def add_addresses(self):
        client, server = (self.CLIENT_V4, self.CLIENT_V6), (self.SERVER_V4, self.SERVER_V6)
        for (space, interface), (v4, v6) in zip(self.ends(), (client, server)):
            space.run("ip", "addr", "add", f"{v4}/24", "dev", interface)
            space.run("ip", "addr", "add", f"{v6}/64", "dev", interface, "nodad")
        for here, there, addresses in zip(self.ends(), reversed(self.ends()), (server, client)):
            self.introduce(here, there, addresses)
        for address in (self.SERVER_V4, self.SERVER_V6):
            wait_until(lambda: self.client.run("ping", "-c1", "-W1", address, check=False).returncode == 0,
                       f"ping {address}")

    @staticmethod
    def introduce(here, there, addresses):
        """One end knows the other for good: it does not ask again while somebody counts."""
        (space, interface), (other, its_interface) = here, there
        (link,) = json.loads(other.run("ip", "-j", "link", "show", its_interface).stdout)
        for address in addresses:
            space.run("ip", "neigh", "replace", address, "lladdr", link["address"], "dev", interface,
                      "nud", "permanent")

    def close(self):
        self.client.close()
        self.server.close()


class BareWire(Wire):
    """A cable without addresses: every frame on it is one that a test has sent."""
    QUIET = {"disable_ipv6": 1}
    MTU = 9000  # some answers are longer than 1500 bytes

    def add_addresses(self):
        pass


@contextlib.contextmanager
def wire(kind=Wire):
    """A fresh pair of namespaces, with a folder for all that runs in them."""
    need("unshare", "nsenter", "ip", "ethtool", "ping", "sysctl")
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        os.chmod(folder, 0o755)  # some daemons run as users of their own
        pair = kind(folder)
        try:
            pair.connect()
            yield pair
        finally:
            pair.close()
