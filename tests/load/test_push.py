"""Both ways out of a busy agent: no packet is lost through them, and they take little memory."""
from lab import SANITIZED, cable
from pushing import cost_of_pushing

RATE, SECONDS, PERIOD = 10_000, 8, 2
MORE_MIB = 10


def test_pushing_costs_no_packet():
    with cable() as link:
        frames = link.capture("frames.pcap", "--packets", 30_000, "--names", 20_000, "--clients", 20_000)
        without, pushing = cost_of_pushing(link, frames, RATE, SECONDS, PERIOD)
    assert pushing.minutes >= SECONDS / PERIOD / 2
    assert all(requests >= pushing.minutes for requests, _ in pushing.taken.values())
    assert pushing.lost == 0 or SANITIZED
    assert pushing.peak - without.peak < MORE_MIB or SANITIZED
