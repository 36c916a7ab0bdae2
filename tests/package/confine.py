#!/usr/bin/env python3
"""Starts a program as a service manager would, where none runs: confine.py ROOT UNIT [NAME=VALUE …].

What counts of the unit's limits is applied to the program in ROOT: user, capabilities, the read-only file
system with its directories, /proc, devices, families of sockets and system calls. Run it in a mount
namespace of its own; the arguments are the program's environment.
"""
import ctypes
import errno
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

CAPABILITIES = {"CAP_NET_BIND_SERVICE": 10, "CAP_NET_RAW": 13}
CAPABILITY_MOST = 63
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 8, 24, 38, 47
CAPSET_VERSION_3 = 0x20080522
PROT_WRITE, PROT_EXEC = 2, 4
FAMILIES_MOST = 46
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17}
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}

libc = ctypes.CDLL(None, use_errno=True)


def prctl(*arguments):
    if libc.prctl(*map(ctypes.c_ulong, arguments)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {arguments}")


def service_of(unit):
    """{key: values} of the section Service."""
    keys, section = defaultdict(list), ""
    for line in Path(unit).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            keys[key].append(value)
    return keys


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def make_folder(path, owner, mode):
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, *owner)
    path.chmod(mode)


def prepare_files(root, service, owner):
    writable = []
    for key, below in (("StateDirectory", "var/lib"), ("RuntimeDirectory", "run")):
        for name in service[key]:
            mode = service.get(key + "Mode", ["0755"])[-1]
            make_folder(root / below / name, owner, int(mode, 8))
            writable.append(root / below / name)
    assert service["ProtectSystem"] == ["strict"] and service["PrivateTmp"] == ["yes"]
    mount("--rbind", root, root)
    mount("-o", "remount,bind,ro", root)
    for path in writable:
        mount("--bind", path, path)
        mount("-o", "remount,bind,rw", path)
    for path in (root / "tmp", root / "var/tmp"):
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", path)
    assert service["ProtectProc"] == ["invisible"] and service["ProcSubset"] == ["pid"]
    mount("-t", "proc", "-o", "hidepid=invisible,subset=pid", "proc", root / "proc")
    assert service["PrivateDevices"] == ["yes"]
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
    for name, (major, minor) in DEVICES.items():
        os.mknod(root / "dev" / name, 0o020666, os.makedev(major, minor))
        os.chmod(root / "dev" / name, 0o666)


def call_sets():
    """systemd's sets of system calls: {"@process": names and sets}."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], check=True, capture_output=True,
                          text=True).stdout
    sets, name = {}, None
    for line in text.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = set()
        elif name and line.startswith("    ") and not line.strip().startswith("#"):
            sets[name].add(line.strip())
    return sets


def allowed_calls(service):
    sets = call_sets()

    def expand(names):
        return {call for name in names for call in (expand(sets[name]) if name in sets else {name})}
    allowed = set()
    for value in service["SystemCallFilter"]:
        if value.startswith("~"):
            allowed -= expand(value[1:].split())
        else:
            allowed |= expand(value.split())
    return allowed | expand(["@default"])


def call_filters(service):
    """Ready to be loaded: nothing more is opened or read afterwards."""
    import seccomp  # one test needs it
    calls = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    for call in allowed_calls(service):
        try:
            calls.add_rule(seccomp.ALLOW, call)
        except (OSError, RuntimeError, ValueError):
            pass  # another architecture's
    arguments = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    families = {FAMILIES[name] for value in service["RestrictAddressFamilies"] for name in value.split()}
    for family in set(range(FAMILIES_MOST)) - families:
        arguments.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    assert service["MemoryDenyWriteExecute"] == ["yes"]
    both = PROT_WRITE | PROT_EXEC
    arguments.add_rule(seccomp.ERRNO(errno.EPERM), "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, both))
    arguments.add_rule(seccomp.ERRNO(errno.EPERM), "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, PROT_EXEC))
    return arguments, calls  # the second would not let another be loaded


def numbers(names):
    return {CAPABILITIES[name] for value in names for name in value.split()}


def become(uid, gid, bounding, ambient):
    """User and capabilities (by number), as exec keeps them."""
    for capability in range(CAPABILITY_MOST + 1):
        if capability not in bounding:
            libc.prctl(PR_CAPBSET_DROP, capability)  # the kernel may know fewer
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    bits = sum(1 << capability for capability in ambient)
    header = (ctypes.c_uint32 * 2)(CAPSET_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    for capability in ambient:
        prctl(PR_CAP_AMBIENT, 2, capability, 0, 0)


def find_user(root, name):
    rows = (line.split(":") for line in (root / "etc/passwd").read_text().splitlines())
    return next((int(row[2]), int(row[3])) for row in rows if row[0] == name)


def main():
    root, unit, variables = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    service = service_of(unit)
    owner = find_user(root, service["User"][-1])
    prepare_files(root, service, owner)
    filters = call_filters(service)
    folder = re.sub("^%S", "/var/lib", service["WorkingDirectory"][-1])
    command = service["ExecStart"][-1].split()
    Path("/proc/self/oom_score_adj").write_text(service["OOMScoreAdjust"][-1])
    os.umask(int(service["UMask"][-1], 8))
    os.chroot(root)
    os.chdir(folder)
    become(*owner, numbers(service["CapabilityBoundingSet"]), numbers(service["AmbientCapabilities"]))
    assert service["NoNewPrivileges"] == ["yes"]
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for one in filters:
        one.load()
    os.execve(command[0], command, dict(variable.split("=", 1) for variable in variables))


if __name__ == "__main__":
    main()
