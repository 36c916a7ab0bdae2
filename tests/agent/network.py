"""A network of two ends for a test, made and removed by it: a namespace with one end of a veth pair."""
import os
import subprocess
import uuid


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True,
                          **more)


class Link:
    """`inside` is an interface of `namespace`, `outside` its other end, here. Offloads are off."""

    def __init__(self, addresses=True):
        tag = uuid.uuid4().hex[:6]
        self.namespace = f"pv-{tag}"
        self.inside, self.outside = f"pvi{tag}", f"pvo{tag}"
        self.addresses = addresses

    def __enter__(self):
        run("ip", "netns", "add", self.namespace)
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        run("ip", "link", "add", self.outside, "type", "veth", "peer", "name", self.inside)
        run("ip", "link", "set", self.inside, "netns", self.namespace)
        self.inside_run("sysctl", "-qw", f"net.ipv6.conf.{self.inside}.disable_ipv6=1")
        run("sysctl", "-qw", f"net.ipv6.conf.{self.outside}.disable_ipv6=1")
        for name, ask in ((self.outside, run), (self.inside, self.inside_run)):
            ask("ethtool", "-K", name, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro",
                "off")
            ask("ip", "link", "set", name, "up")
        self.inside_run("ip", "link", "set", "lo", "up")
        if self.addresses:
            run("ip", "address", "add", "198.18.0.1/30", "dev", self.outside)
            self.inside_run("ip", "address", "add", "198.18.0.2/30", "dev", self.inside)

    def inside_run(self, *command, **more):
        return run("ip", "netns", "exec", self.namespace, *command, **more)

    def __exit__(self, *failure):
        subprocess.run(["ip", "link", "del", self.outside], capture_output=True)
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True)
        if os.path.isdir("/run/netns") and not os.listdir("/run/netns"):
            subprocess.run(["umount", "/run/netns"], capture_output=True)
