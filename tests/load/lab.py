"""The agent under load: a bare cable, what sends on it and counts what it sends, and what the agent
says of it. scripts/load.py measures with it."""
import contextlib
import ctypes
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("live", "agent")]

BUILD = Path(os.environ.get("PKTVISOR_BUILD") or Path(__file__).resolve().parents[2] / "build/release")
os.environ.setdefault("PKTVISORD", str(BUILD / "src/agent/pktvisord"))

from namespaces import BareWire, need, wire  # noqa: E402
from running import PATIENCE, Agent, policy  # noqa: E402

SENDER, SCRAPER = BUILD / "tests/load/sender", BUILD / "tests/load/scraper"
TRAFFIC = BUILD / "tests/generate/traffic"
HOSTS = "198.51.100.0/24,2001:db8:53::/48"  # of the traffic
ONE_PROCESSOR = ("taskset", "-c", "0")  # for who sends: the agent's worker is left the others
SANITIZED = PATIENCE > 1  # far too slow to promise a rate
PERIODS = 10  # of a minute
PORT = 10853


class Link:
    """`near` is the agent's end of the cable, `far` the sender's."""

    def __init__(self, pair):
        self.near, self.far, self.folder = pair.server, pair.client, Path(pair.folder)
        self.inside, self.outside = pair.SERVER_IF, pair.CLIENT_IF

    def capture(self, name, *options):
        """A capture of the generator, whose frames are sent."""
        path = self.folder / name
        subprocess.run([TRAFFIC, *map(str, options), path], check=True)
        return path

    def sender(self, capture, stdin=subprocess.DEVNULL, **bounds):
        words = [word for name, value in bounds.items() for word in (f"--{name}", str(value))]
        return subprocess.Popen([*self.far.enter, *ONE_PROCESSOR, SENDER, *words, self.outside,
                                 str(capture)], stdin=stdin, stdout=subprocess.PIPE, text=True)

    def send(self, capture, **bounds):
        """Sends (rate, count, seconds); what was sent."""
        return finished(self.sender(capture, **bounds))

    def replay(self, capture, loops=1):
        """The same by tcpreplay at top speed."""
        need("tcpreplay")
        done = self.far.run(*ONE_PROCESSOR, "tcpreplay", "--topspeed", "--preload-pcap",
                            f"--loop={loops}", "-i", self.outside, capture, timeout=600)
        packets, size, seconds = re.search(
            r"Actual: (\d+) packets \((\d+) bytes\) sent in ([\d.]+) seconds", done.stdout).groups()
        assert re.search(r"Failed packets: +0$", done.stdout, re.M), done.stdout
        return Sent(int(packets), int(size), float(seconds))

    def carried(self):
        """What the interface of the agent has received, by its own counters."""
        return self.near.frames(self.inside)["packets"]


@dataclass
class Sent:
    frames: int
    bytes: int
    seconds: float

    @property
    def rate(self):
        return self.frames / self.seconds


def finished(sender):
    out, _ = sender.communicate()
    assert sender.returncode == 0, sender.returncode
    return Sent(**json.loads(out))


class Endless:
    """Traffic that never repeats, straight from the generator, until the block ends or finish() says
    what was sent."""

    def __init__(self, link, rate, *options):
        self.maker = subprocess.Popen([TRAFFIC, *map(str, options), "--rate", str(rate), "--packets",
                                       str(10**12), "/dev/stdout"], stdout=subprocess.PIPE)
        self.sender = link.sender("-", stdin=self.maker.stdout, rate=rate, count=10**12)
        self.maker.stdout.close()

    def wait(self, seconds):
        """Sleeps, unless the sender has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.sender.poll() is None, "the sender has ended"
            time.sleep(min(1, max(0, end - time.monotonic())))

    def finish(self):
        self.sender.terminate()
        return finished(self.sender)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.sender, self.maker):
            process.kill()
            process.wait()


@dataclass
class Scraped:
    scrapes: int
    failed: int
    bytes: int
    p50_us: int
    p99_us: int
    max_us: int


def scrape(agent, scrapers, interval_ms, seconds, keep, path="/metrics"):
    """By so many scrapers at once, within the agent's namespace."""
    done = agent.space.run(SCRAPER, PORT, path, scrapers, interval_ms, seconds,
                           "keep" if keep else "close", timeout=seconds + 60)
    return Scraped(**json.loads(done.stdout))


@dataclass
class Account:
    """What the agent says of the packets: how many it has seen, and how many it has lost."""
    seen: int
    lost: int

    @property
    def sum(self):
        return self.seen + self.lost


def by_json(agent, policy="default", tap="default", periods=PERIODS):
    handlers = agent.metrics(policy, "window", periods).json[policy]
    pcap = handlers[f"{policy}-{tap}-pcap_stats"]["pcap"]
    return Account(handlers[f"{policy}-{tap}-net"]["packets"]["total"],
                   pcap["os_drops"] + pcap["if_drops"])


def samples(text, name, label=""):
    """The values of all series of a family that have the label."""
    values = re.findall(rf"^{name}{{[^}}\n]*{label}[^}}\n]*}} (\S+)$", text, re.M)
    assert values, name
    return [int(float(value)) for value in values]


def sample(text, name, label=""):
    return sum(samples(text, name, label))


def by_metrics(agent):
    """By the native families, which count from the start."""
    text = agent.get("/metrics").text
    return Account(sample(text, "pktvisor_packets_packets_total"),
                   sample(text, "pktvisor_pcap_os_drops_total") +
                   sample(text, "pktvisor_pcap_if_drops_total"))


def by_input(agent):
    """By what the agent says of itself: its capture, which all inputs look at, and what its policy was
    given."""
    text = agent.get("/metrics").text
    return Account(sample(text, "pktvisor_policy_packets_total", 'policy="default"'),
                   max(samples(text, "pktvisor_input_dropped_packets_total")) +
                   max(samples(text, "pktvisor_input_interface_dropped_packets_total")))


ACCOUNTS = {"JSON": by_json, "native counters": by_metrics, "the agent's counters": by_input}


def accounted(agent, sent, seconds=20):
    """Waits until the agent accounts for all that was sent. What it says then, or when time is up, by
    each of its ways to say it."""
    def accounts():
        return {name: account(agent) for name, account in ACCOUNTS.items()}
    end = time.monotonic() + seconds * PATIENCE
    while any(a.sum != sent for a in accounts().values()) and time.monotonic() < end:
        time.sleep(0.2)
    return accounts()


def check_exact(agent, sent):
    """Sent is seen and reported lost, exactly, whomever one asks. Returns how many were lost."""
    accounts = accounted(agent, sent)
    assert {name: a.sum for name, a in accounts.items()} == dict.fromkeys(accounts, sent), accounts
    (lost,) = {a.lost for a in accounts.values()}
    return lost


class LoadAgent(Agent):
    """The agent with its default policy of an interface, and one worker. Inside: it listens on TCP
    within the namespace, for scrapers there."""

    def __init__(self, link, *options, inside=False):
        super().__init__("--admin-api", "--workers", "1", "-H", HOSTS, *options, link.inside,
                         enter=link.near.enter)
        self.space = link.near
        if inside:
            self.path, self.port = None, PORT
            at = self.command.index("-l")
            self.command[at:at + 2] = []
            self.command += ["-l", "127.0.0.1", "-p", str(PORT)]

    def connection(self):
        return InnerConnection(self.space, self.port, self.timeout) if self.port else super().connection()


class InnerConnection(http.client.HTTPConnection):
    """To a port of a namespace: the socket is made there, by a thread that comes back."""
    CLONE_NEWNET = 0x40000000

    def __init__(self, space, port, timeout):
        super().__init__("127.0.0.1", port, timeout=timeout)
        self.space = space

    def connect(self):
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net") as home, \
                open(f"/proc/{self.space.holder.pid}/ns/net") as there:
            assert setns(there.fileno(), self.CLONE_NEWNET) == 0
            try:
                super().connect()
            finally:
                assert setns(home.fileno(), self.CLONE_NEWNET) == 0


def load_agent(link):
    """For exact accounts: all that a test sends is in the window, and native counters are there."""
    return LoadAgent(link, "--periods", PERIODS, "--prometheus-names", "both")


@contextlib.contextmanager
def cable():
    with wire(BareWire) as pair:
        yield Link(pair)


@contextlib.contextmanager
def stopped(agent):
    """The agent does nothing meanwhile, so that its ring runs over."""
    os.kill(agent.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(agent.pid, signal.SIGCONT)


def resident(agent, row="VmRSS"):
    """MiB; VmHWM is the most that it has ever been."""
    text = Path(f"/proc/{agent.pid}/status").read_text()
    return int(re.search(rf"{row}:\s+(\d+) kB", text).group(1)) / 1024


def cpu_seconds(agent):
    """Of the process."""
    fields = Path(f"/proc/{agent.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


# Every name and nearly every client comes once.
NEVER_AGAIN = ("--names", 10**9, "--name-exponent", 0, "--clients", 4 * 10**6, "--client-exponent", 0)
FILTERS = ("", "udp", "tcp", "udp port 53", "tcp port 53", "ip", "ip6", "src net 198.51.100.0/24",
           "dst net 198.51.100.0/24", "not port 53")
EACH = {"net": {"type": "net"}, "dns": {"type": "dns"}, "dhcp": {"type": "dhcp"},
        "pcap_stats": {"type": "pcap"}}


def add_policies(agent, count=100):
    """With the handlers of the default policy; a tenth of them behind each filter."""
    for i in range(count):
        bpf = FILTERS[i % len(FILTERS)]
        wanted = policy(f"p{i}", EACH, tap="default", input_config={"bpf": bpf} if bpf else None)
        answer = agent.post("/api/v1/policies", wanted)
        assert answer.status == 201, answer


def watch_memory(agent, traffic, seconds, every=5, show=False):
    """Resident MiB, again and again; shown once a minute."""
    sizes = []
    for i in range(int(seconds // every)):
        traffic.wait(every)
        sizes.append(resident(agent))
        if show and (i + 1) * every % 60 == 0:
            recent = sizes[-60 // every:]
            print(f"          {(i + 1) * every // 60:3} min {max(recent):6.1f} MiB", flush=True)
    return sizes


def growth(sizes):
    """MiB that the greatest size of the last quarter is above that of the third."""
    quarter = len(sizes) // 4
    return max(sizes[-quarter:]) - max(sizes[-2 * quarter:-quarter])
