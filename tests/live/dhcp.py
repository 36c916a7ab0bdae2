"""dnsmasq hands out addresses of both families to real clients. The server logs each message."""
import contextlib
import re
from collections import Counter
from pathlib import Path

from namespaces import need

V4_RANGE, V6_RANGE = "192.0.2.100,192.0.2.199,1h", "2001:db8:1::100,2001:db8:1::1ff,64,1h"


class Dnsmasq:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def messages(self):
        """{"DHCPDISCOVER": 2, …}: the log names both families alike, so the sums are of both."""
        return Counter(re.findall(r" (DHCP[A-Z]+)\(", self.program.text()))

    def leases(self):
        """IPv4: {address: (MAC, host name)}."""
        rows = [line.split() for line in (self.folder / "leases").read_text().splitlines()]
        return {row[2]: (row[1], row[3]) for row in rows if len(row) == 5 and ":" not in row[2]}


@contextlib.contextmanager
def dnsmasq(space, interface):
    need("dnsmasq")
    folder = Path(space.folder, "dnsmasq")
    folder.mkdir()
    folder.chmod(0o777)
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--log-dhcp",
               "--log-facility=-", f"--interface={interface}", "--bind-interfaces", "--no-ping",
               f"--dhcp-range={V4_RANGE}", f"--dhcp-range={V6_RANGE}", "--dhcp-authoritative",
               f"--dhcp-leasefile={folder}/leases", f"--pid-file={folder}/pid", "--user=root"]
    with space.program("dnsmasq", *command) as program:
        program.wait_for_text("DHCPv6, IP range")
        yield Dnsmasq(program, folder)


def udhcpc(space, interface, host):
    """One lease; the address is not set anywhere."""
    need("udhcpc")
    space.run("udhcpc", "-i", interface, "-s", "/bin/true", "-n", "-q", "-f", "-t", "5", "-T", "2",
              "-x", f"hostname:{host}", "-p", Path(space.folder, "udhcpc.pid"))


def dhclient(space, interface, family, host, seconds=25):
    need("dhclient")
    base = Path(space.folder, f"dhclient{family}-{host}")
    base.with_suffix(".conf").write_text(f'send host-name "{host}";\nsend dhcp-client-identifier "{host}";\n')
    files = ["-cf", base.with_suffix(".conf"), "-lf", base.with_suffix(".leases"), "-pf",
             base.with_suffix(".pid")]
    with space.program(f"dhclient{family}", "dhclient", f"-{family}", "-d", "-v", "-sf", "/bin/true", *files,
                       interface) as program:
        program.wait_for_text("bound to" if family == 4 else "RCV: Reply message")
        program.wait_for(lambda: base.with_suffix(".leases").read_text().count("lease") > 0, "a lease")
