"""Expressions and panels that boards have in common. Where two names are given the first is that of handlers 1.0,
the second that of handlers 2.0: whichever an agent has. A minute's count by 60 is a rate."""
from grafana.panel import Panel

HANDLER = "{{handler}}"


def either(*names):
    return " or ".join(names)


def by_handler(*names):
    return f"sum by (handler) ({either(*names)})"


def widest(by, *names):
    """Policies of one tap see the same packets: the one that counts most of them is what there is."""
    inner = f"max by (instance, tap, {by})" if by and by != "instance" else "max by (instance, tap)"
    outer = f"sum by ({by})" if by else "sum"
    first, *others = names
    return f"{outer} ({inner} ({either(first, *(f'sum without (direction) ({name})' for name in others))}))"


def share(part, whole):
    return f"{part} / ({whole} > 0)"


def top(title, label, *names, **more):
    """The first ten of a list, by what the time range holds of them."""
    ranges = either(*(f"sum_over_time({name}[$__range])" for name in names))
    more.setdefault("note", "Sum over the time range, of the minutes in which it was in the list. "
                            "It is the number where each minute was scraped once.")
    return Panel(title, {f"{{{{{label}}}}}": f"topk(10, sum by ({label}) ({ranges}))"}, "bargauge", **more)


def stat(title, expression, **more):
    return Panel(title, {"": expression}, "stat", width=more.pop("width", 4), height=4, **more)


def quantiles(title, *names, **more):
    """They cannot be added: the highest of all agents."""
    more.setdefault("note", "Of one minute; of several agents the highest.")
    return Panel(title, {"{{handler}} {{quantile}}": f"max by (handler, quantile) ({either(*names)})"}, **more)
