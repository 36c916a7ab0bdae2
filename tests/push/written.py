"""Remote write to a receiver of the test's own, and whether all minutes came there."""
from rig import PERIOD, check_gaps, minutes_of

STEP = PERIOD * 1000  # ms


def target(receiver, **more):
    return {"remote_write": [{"url": receiver.url, "name": "r", "timeout": 10, **more}]}


def written_of(samples):
    """Ends of all minutes: of each the agent speaks."""
    return minutes_of(samples, "pktvisor_build_info")


def check_all_there(agent, samples):
    """From the first minute on that has something of a policy."""
    shown = minutes_of(samples)
    check_gaps(agent, [ms for ms in written_of(samples) if ms >= shown[0]], shown, STEP)
