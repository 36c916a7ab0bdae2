#!/usr/bin/env python3
"""Starts a program as a container's runtime would: contain.py ROOT USER CAPABILITIES [NAME=VALUE …] -- WORD ….

CAPABILITIES ("CAP_NET_RAW", or "" for none) are those that programs may get; a user who is not root has none
of them until a file grants them. Run it in a mount namespace of its own.
"""
import os
import sys
from pathlib import Path

from confine import DEVICES, become, mount, numbers


def main():
    root, user, capabilities = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    split = sys.argv.index("--")
    environment = dict(variable.split("=", 1) for variable in sys.argv[4:split])
    command = sys.argv[split + 1:]
    mount("--rbind", root, root)
    for name in ("proc", "dev", "sys"):
        (root / name).mkdir(exist_ok=True)
    mount("-t", "proc", "proc", root / "proc")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
    for name, (major, minor) in DEVICES.items():
        os.mknod(root / "dev" / name, 0o020666, os.makedev(major, minor))
        os.chmod(root / "dev" / name, 0o666)
    mount("-o", "remount,bind,ro", root)
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
    os.chroot(root)
    os.chdir("/")
    become(user, user, numbers([capabilities]), set())
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
