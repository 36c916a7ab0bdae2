"""The source archive."""
import os
import tarfile

from running import SOURCE, need, only, run


def build(root, folder, **environment):
    run(root / "scripts/dist", folder, env={**os.environ, **environment})
    return only(folder.glob("pktvisor-*.tar.xz"))


def test_the_same_bytes_wherever_it_is_made(tmp_path):
    need("git", "xz", "tar")
    first = build(SOURCE, tmp_path / "first", TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
    with tarfile.open(first) as archive:
        members = archive.getmembers()
        assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, members[0].mtime)}
        assert {member.mode for member in members} == {0o644, 0o755}
        archive.extractall(tmp_path)
    unpacked = only(tmp_path.glob("pktvisor-*"))
    (unpacked / "build").mkdir()
    (unpacked / "build/left").touch()
    second = build(unpacked, tmp_path / "second", TZ="America/New_York")
    assert second.name == first.name and second.read_bytes() == first.read_bytes()


def test_it_holds_what_git_knows(tmp_path):
    need("git", "xz", "tar")
    if not (SOURCE / ".git").exists():
        return
    with tarfile.open(build(SOURCE, tmp_path)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert names == set(run("git", "ls-files", "-z", cwd=SOURCE).stdout.split("\0")[:-1])
