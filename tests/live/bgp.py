"""Two BIRD speakers with sessions over both families. Each logs every message it sends."""
import contextlib
import re
from collections import Counter
from pathlib import Path

from namespaces import need

ROUTES = 300
KINDS = {"OPEN": "open", "UPDATE": "update", "NOTIFICATION": "notification", "KEEPALIVE": "keepalive",
         "ROUTE-REFRESH": "routerefresh", "END-OF-RIB": "update"}


class Bird:
    def __init__(self, space, folder, program):
        self.space, self.folder, self.program = space, folder, program

    def birdc(self, *words, check=True):
        return self.space.run("birdc", "-s", self.folder / "bird.ctl", *words, check=check)

    def sent(self):
        """{"update": 3, …} by its log."""
        names = re.findall(r"Sending ([A-Z-]+)", self.log())
        return Counter(KINDS[name] for name in names if name in KINDS)

    def log(self):
        return (self.folder / "log").read_text()

    def established(self):
        shown = self.birdc("show", "protocols", check=False).stdout
        return len(re.findall(r"^v[46] +BGP .*Established", shown, re.M)) == 2


def config(folder, router_id, own, peer, own_as, peer_as, routes, passive):
    route4 = "\n".join(f"    route 10.{i // 256}.{i % 256}.0/24 blackhole;" for i in range(routes))
    route6 = "\n".join(f"    route 2001:db8:{4096 + i:x}::/48 blackhole;" for i in range(routes))
    sessions = "\n".join(f"""
protocol bgp v{family} {{
    local {own[family]} as {own_as};
    neighbor {peer[family]} as {peer_as};
    direct;
    hold time 30;
    connect delay time 1;
    error wait time 1, 2;
    {'passive yes;' if passive else ''}
    debug {{ states, packets }};
    ipv{family} {{ import all; export all; }};
}}""" for family in (4, 6))
    return f"""log "{folder}/log" all;
router id {router_id};
protocol device {{ scan time 60; }}
protocol static s4 {{ ipv4;
{route4}
}}
protocol static s6 {{ ipv6;
{route6}
}}
{sessions}
"""


@contextlib.contextmanager
def bird(space, name, **settings):
    need("bird", "birdc")
    folder = Path(space.folder, name)
    folder.mkdir()
    (folder / "bird.conf").write_text(config(folder, **settings))
    with space.program(name, "bird", "-f", "-c", folder / "bird.conf", "-s", folder / "bird.ctl",
                       "-P", folder / "pid") as program:
        speaker = Bird(space, folder, program)
        program.wait_for(lambda: speaker.birdc("show", "status", check=False).returncode == 0, "control")
        yield speaker


@contextlib.contextmanager
def speakers(wire):
    """(server, client): the server announces, the client connects."""
    client = {4: wire.CLIENT_V4, 6: wire.CLIENT_V6}
    server = {4: wire.SERVER_V4, 6: wire.SERVER_V6}
    with bird(wire.server, "bird-server", router_id="192.0.2.2", own=server, peer=client, own_as=65002,
              peer_as=65001, routes=ROUTES, passive=True) as a:
        with bird(wire.client, "bird-client", router_id="192.0.2.1", own=client, peer=server, own_as=65001,
                  peer_as=65002, routes=0, passive=False) as b:
            yield a, b
