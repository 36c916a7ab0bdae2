"""A clean Debian 12 for a test: debootstrap makes one, once, and each test gets a layer over it.

All mounts belong to the test's own process: when it ends, however it ends, none is left.
"""
import contextlib
import ctypes
import os
import shutil
from pathlib import Path

from running import BUILD, need, run

RELEASE = "bookworm"
MADE_ONCE = BUILD / "debian-root"
CLONE_NEWNS = 0x00020000
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
APT = ("apt-get", "-q", "-y", "-o", "Acquire::Retries=3")


def own_mounts():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")


def mirror():
    """Where this machine gets its Debian from; empty for debootstrap's own choice."""
    told = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(ORIGIN)", "Created-By: Packages",
               check=False).stdout
    found = [uri for uri, *rest in map(str.split, told.splitlines()) if rest == [RELEASE, "Debian"]]
    return found[:1]


def made_once():
    if not MADE_ONCE.exists():
        unfinished = MADE_ONCE.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(exist_ok=True)
        run("debootstrap", "--variant=minbase", RELEASE, unfinished, *mirror())
        policy = unfinished / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        unfinished.rename(MADE_ONCE)
    return MADE_ONCE


class Root:
    def __init__(self, path):
        self.path = path

    def run(self, *command, **more):
        return run("chroot", self.path, *command, env=ENVIRONMENT, **more)

    def apt(self, *words):
        return self.run(*APT, *words)

    def __truediv__(self, path):
        return self.path / str(path).lstrip("/")

    def paths(self):
        """Everything in it: {path: what it is}. Files that hold state of others are left out."""
        found = {}
        for folder, folders, files in os.walk(self.path):
            inside = Path(folder).relative_to(self.path)
            folders[:] = [name for name in folders if not is_volatile(inside / name)]
            for path in (inside / name for name in folders + files):
                if not is_volatile(path):
                    whole = self.path / path
                    found[str(path)] = os.readlink(whole) if whole.is_symlink() else whole.lstat().st_mode
        return found


VOLATILE = {"proc", "tmp", "dev", "sys", "var/cache", "var/log", "var/lib/apt", "run/adduser", "packages"}


def is_volatile(path):
    """… and copies that tools keep of the state before: passwd-, status-old."""
    return str(path) in VOLATILE or path.name.endswith(("-", "-old"))


@contextlib.contextmanager
def debian(folder):
    """A Debian below `folder`, with apt's lists as they are today."""
    need("debootstrap", "mount", "chroot", root=True)
    base = made_once()
    for name in ("upper", "work", "root"):
        (folder / name).mkdir()
    root = Root(folder / "root")
    run("mount", "-t", "overlay", "overlay", "-o",
        f"lowerdir={base},upperdir={folder}/upper,workdir={folder}/work", root.path)
    try:
        run("mount", "-t", "proc", "proc", root / "proc")
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        root.apt("update")
        yield root
    finally:
        run("umount", "--recursive", "--lazy", root.path)
