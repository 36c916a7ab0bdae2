"""Configurations and expressions on the pages are valid: policies by pktvisord, the others by promtool."""
import fnmatch
import re
import subprocess

import pytest
import yaml

from machine import PROGRAMS, SOURCE
from pages import blocks
from test_commands import all_pages

# What policies without a tap rely on: that of the packages' configuration.
TAP = {"default": {"input_type": "pcap", "config": {"iface": "auto"}}}


def find(language):
    for page in all_pages():
        for block in blocks(SOURCE, page):
            if block.language == language:
                yield pytest.param(block, id=block.where)


def complete(document):
    visor = document["visor"]
    visor.setdefault("taps", TAP if "policies" in visor else {})
    return document


def checker(document):
    """(command, what the document is to it)"""
    if "visor" in document:
        return [PROGRAMS["pktvisord"], "--check-config"], complete(document)
    if "groups" in document:
        return ["promtool", "check", "rules"], document
    return ["promtool", "check", "config", "--syntax-only"], document


@pytest.mark.parametrize("block", find("yaml"))
def test_yaml(block, tmp_path):
    document = yaml.safe_load(block.text)
    assert isinstance(document, dict), block.where
    command, document = checker(document)
    path = tmp_path / "document.yaml"
    path.write_text(block.text if "taps:" in block.text else yaml.safe_dump(document))
    done = subprocess.run([*command, path], capture_output=True, text=True, timeout=30)
    faults = block.words.endswith("with faults")
    assert (done.returncode != 0) == faults, f"{block.where}: {done.stdout}{done.stderr}"
    assert faults or "warning" not in done.stderr.lower(), done.stderr


def expressions(block):
    """One each, apart by a blank line."""
    return [part for part in block.text.split("\n\n") if part.strip()]


def families():
    """Names that pages about metrics have; those of handlers are made from the tables."""
    text = "".join((SOURCE / "docs" / f"{page}.md").read_text() for page in ("metrics", "agent-metrics"))
    return re.findall(r"`([a-z]\w+\*?)", text)


def test_alerts_exist():
    known = set(re.findall(r"alert: (\w+)", (SOURCE / "dashboards/alerts.yml").read_text()))
    for page in all_pages():
        named = set(re.findall(r"`(Pktvisor[A-Z]\w+)`", (SOURCE / page).read_text()))
        assert named <= known, f"{page}: {named - known}"


@pytest.mark.parametrize("block", find("promql"))
def test_expressions(block, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "page", "rules": [
        {"record": f"page:{number}", "expr": expression} for number, expression in enumerate(expressions(block))]}]}))
    done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{block.where}: {done.stdout}{done.stderr}"
    for name in re.findall(r"\b((?:dns|net|packets|pcap|dhcp|pktvisor)_\w+)", block.text):
        names = {name, re.sub(r"_(bucket|sum|count)$", "", name)}
        assert any(fnmatch.filter(names, family) for family in families()), f"{block.where}: no family {name}"
