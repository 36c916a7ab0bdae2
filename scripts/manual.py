#!/usr/bin/env python3
"""Documents of a tool, made from what it says of itself: manual.py man|completion PROGRAM SUMMARY.

Reads `PROGRAM --help`: a line "Usage: …", what the tool is for, and headings that end with a colon over
rows "  -x, --name ARGUMENT  what it does", whose text may go on in deeper lines.
"""
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROW = re.compile(r"  +(-\S.*?)(?:  +(\S.*))?$")
NAME = re.compile(r"(?:^|, )(--?[\w-]+)")


@dataclass
class Option:
    forms: str
    help: str

    @property
    def names(self):
        return NAME.findall(self.forms)

    @property
    def argument(self):
        """FILE of "-c, --config FILE", empty for a flag."""
        return re.sub(r"^.*?(?:[ =](\S+))?$", r"\1", self.forms.split(", ")[-1])


@dataclass
class Manual:
    name: str
    usage: str = ""
    about: list = field(default_factory=list)
    sections: dict = field(default_factory=dict)  # heading: options

    @property
    def options(self):
        return [option for rows in self.sections.values() for option in rows]


def read(program):
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    manual, rows = Manual(Path(program).name), None
    for line in text.splitlines():
        row = ROW.match(line)
        if line.startswith("Usage:"):
            manual.usage = line.removeprefix("Usage:").strip()
        elif re.match(r"\S.*:$", line):
            rows = manual.sections.setdefault(line[:-1], [])
        elif row and rows is not None:
            rows.append(Option(row[1], row[2] or ""))
        elif line.startswith(" ") and rows:
            rows[-1].help = f"{rows[-1].help} {line.strip()}".strip()
        elif line.strip():
            manual.about.append(line.strip())
    if not manual.usage or not manual.options:
        sys.exit(f"manual.py: {program} --help shows no usage or no options")
    return manual


def roff(text):
    """A minus that people copy is \\-; a line must not begin with a control character."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def man(manual, version, summary):
    yield f'.TH {roff(manual.name.upper())} 1 "" "{version}"'
    yield f".SH NAME\n{roff(manual.name)} \\- {roff(summary)}"
    yield f".SH SYNOPSIS\n.B {roff(manual.usage.split()[0])}\n{roff(' '.join(manual.usage.split()[1:]))}"
    yield ".SH DESCRIPTION"
    yield from map(roff, manual.about)
    for number, (heading, options) in enumerate(manual.sections.items()):
        if number == 0:
            yield ".SH OPTIONS"
        if len(manual.sections) > 1:
            yield f".SS {roff(heading)}"
        for option in options:
            yield f".TP\n.B {roff(option.forms)}\n{roff(option.help)}."
    yield ".SH SEE ALSO\n.BR pktvisord (8)"


COMPLETION = """\
# bash completion of {name}; made from its --help
_{function}()
{{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    case $before in
{cases}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '{names}' -- "$word"))
    else
        {otherwise}
    fi
}}
complete -o filenames -F _{function} {name}"""


def completion(manual):
    files = [name for option in manual.options if option.argument == "FILE" for name in option.names]
    other = [name for option in manual.options if option.argument not in ("", "FILE") for name in option.names]
    complete_file = 'COMPREPLY=($(compgen -f -- "$word"))'
    cases = ""
    if files:
        cases += f"    {'|'.join(files)})\n        {complete_file}; return ;;\n"
    if other:
        cases += f"    {'|'.join(other)})\n        return ;;\n"
    names = " ".join(name for option in manual.options for name in option.names)
    otherwise = complete_file if "FILE" in manual.usage else ":"
    yield COMPLETION.format(name=manual.name, function=re.sub(r"\W", "_", manual.name), cases=cases, names=names,
                            otherwise=otherwise)


def main():
    what, program, summary = sys.argv[1:]
    manual = read(program)
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    print(*(man(manual, version, summary) if what == "man" else completion(manual)), sep="\n")


if __name__ == "__main__":
    main()
