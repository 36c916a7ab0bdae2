"""Expressions: the variables of a dashboard get into them, and what they show is said in words."""
import re

from grafana.tables import NAME, family, names_in

# What Grafana calls a unit of the tables: the number itself, and so many a second (Bytes as disks and
# links have them, but powers of two for memory).
UNITS = {
    "packets": ("short", "pps"), "bytes": ("bytes", "Bps"), "messages": ("short", "mps"),
    "seconds": ("s", "percentunit"), "us": ("µs", "µs"), "ratio": ("none", "none"), "percent": ("percent", "percent"),
    "requests": ("short", "reqps"), "timestamp": ("s", "s"),
}
ANY = ("short", "cps")
A_SECOND = re.compile(r"/ 60\b|\b(rate|irate)\(")


def select(expression):
    """Every metric in it is chosen by the variables that it has labels for."""
    def chosen(match):
        name, own = match[1], match[2]
        if not family(name):
            return match[0]
        labels = [f'{label}=~"${label}"' for label in family(name)[0].labels]
        return f"{name}{{{', '.join(([own] if own else []) + labels)}}}"
    return re.sub(rf"\b({NAME.pattern})(?:\{{([^}}]*)\}})?", chosen, expression)


def unit_of(expression):
    """(Grafana's name, in words) of the value of an expression, by the first metric in it."""
    words = family(names_in(expression)[0])[0].unit
    a_second = bool(A_SECOND.search(expression))
    if words.endswith("/s"):
        words, a_second = words[:-2], True
    return UNITS.get(words, ANY)[a_second], words + ("/s" if a_second else "")


def line_about(name):
    metrics = family(name)
    sources = ", ".join(dict.fromkeys(metric.source for metric in metrics))
    first = metrics[0]
    text = f"- `{name}` ({sources}, {first.unit}): {first.meaning}"
    if first.inexact:
        text += f"; {first.inexact}"
    if first.groups:
        text += f"; needs the metric group {' and '.join(f'`{group}`' for group in first.groups)}, off by default"
    return text


def about(note, expressions):
    """What a panel shows, from the tables."""
    names = dict.fromkeys(name for expression in expressions for name in names_in(expression))
    return note + "\n\n" + "\n".join(map(line_about, names))
