"""What the agent holds. The long tests take an hour and eight minutes; PKTVISOR_LOAD_MINUTES and
PKTVISOR_LOAD_RATE make them shorter or slower. Their bounds hold for a machine that keeps up."""
import os

from lab import NEVER_AGAIN, Endless, LoadAgent, add_policies, by_input, cable, growth, watch_memory

RATE = int(os.environ.get("PKTVISOR_LOAD_RATE", 0))
MINUTES = int(os.environ.get("PKTVISOR_LOAD_MINUTES", 0))
DEFAULT_MIB, HUNDRED_MIB, GROWTH_MIB = 64, 256, 2


def watch(rate, seconds, *options, traffic_options=(), policies=0):
    with cable() as link, LoadAgent(link, *options) as agent:
        add_policies(agent, policies)
        with Endless(link, RATE or rate, *traffic_options) as traffic:
            sizes = watch_memory(agent, traffic, seconds, every=1 if seconds < 60 else 5)
        seen = by_input(agent)
        print(f"at most {max(sizes):.1f} MiB; {seen}")
        assert seen.seen > seen.sum / 2
    return sizes


def test_periods_in_a_hurry():
    """Five and more periods of two seconds, full of things that never come again."""
    assert max(watch(20_000, 12, "--period-seconds", 2, traffic_options=NEVER_AGAIN)) < DEFAULT_MIB


def test_a_hundred_policies_in_a_hurry():
    assert max(watch(10_000, 12, "--period-seconds", 2, policies=100)) < HUNDRED_MIB


def test_long_hour_of_new_names():
    sizes = watch(8_000, 60 * (MINUTES or 60), traffic_options=NEVER_AGAIN)
    assert max(sizes) < DEFAULT_MIB
    assert growth(sizes) < GROWTH_MIB


def test_long_hundred_policies():
    assert max(watch(10_000, 60 * (MINUTES or 8), policies=100)) < HUNDRED_MIB
