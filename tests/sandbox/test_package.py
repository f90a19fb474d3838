"""Submissions: what agent.toml may say, what an archive may hold, and that the same files give the same bytes."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from arena.cli import main
from arena.errors import AgentError
from arena.sandbox.package import pack, read_manifest, unpack

CODE = "def act(observation):\n    return int(observation[2] > 0)\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "mine"
    (folder / "weights").mkdir(parents=True)
    (folder / "agent.toml").write_text('name = "mine"\nversion = "1"\nentry = "a.py:act"\nrequirements = ["numpy"]\n')
    (folder / "a.py").write_text(CODE)
    (folder / "weights/w.bin").write_bytes(bytes(1000))
    return folder


def test_the_same_files_give_the_same_bytes(folder, tmp_path):
    pack(folder, tmp_path / "one.zip")
    os.utime(folder / "a.py", (0, 0))
    (folder / "a.py").chmod(0o700)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/a.pyc").write_bytes(b"x")
    pack(folder, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "two.zip", tmp_path / "out")
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert files == ["a.py", "agent.toml", "weights/w.bin"]
    assert read_manifest(tmp_path / "out") == read_manifest(folder)


@pytest.mark.parametrize(
    "toml, told",
    [
        ('entry = "a.py:act"\nrequirements = ["requests"]', "'requests' is not among the packages"),
        ('entry = "a.py:act"\nrequirements = ["torch==1"]', "without versions"),
        ('entry = "a.py:act"\nrequirements = "numpy"', "list of names"),
        ('entry = "a.py:act"\nmemory_mb = 100000', "memory_mb must be"),
        ('entry = "a.py:act"\nmemory_mb = true', "memory_mb must be"),
        ('entry = "../a.py:act"', "within the folder"),
        ('entry = "/etc/a.py:act"', "within the folder"),
        ('entry = "a.py:act"\nname = "\\u001b[2J"', "name must be a line"),
        ('entry = "a.py:act"\nconfig = {day = 2024-01-01}', "config must hold"),
        ('entry = "a.py:act"\nversion = 1', "version and description must be text"),
    ],
)
def test_what_agent_toml_may_not_say(folder, toml, told):
    (folder / "agent.toml").write_text(toml)
    with pytest.raises(AgentError, match=told):
        read_manifest(folder)


def test_a_folder_with_a_link_or_a_pipe_is_refused(folder, tmp_path):
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(AgentError, match="is a link"):
        pack(folder, tmp_path / "x.zip")
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(AgentError, match="no plain file"):
        pack(folder, tmp_path / "x.zip")


def test_an_archive_is_not_written_into_what_it_holds(folder):
    with pytest.raises(AgentError, match="give another --out"):
        pack(folder, folder / "mine.zip")


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "C:outside", "..\\outside", "folder/"])
def test_an_archive_cannot_leave_its_folder(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr(zipfile.ZipInfo(name), "x")
    (tmp_path / "in").mkdir()
    with pytest.raises(AgentError, match="no plain file within the folder"):
        unpack(tmp_path / "x.zip", tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == [] and not (tmp_path / "outside").exists()


def test_an_archive_cannot_hold_a_link_or_a_file_twice(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr(link, "/etc/passwd")
    (tmp_path / "in").mkdir()
    with pytest.raises(AgentError, match="no plain file"):
        unpack(tmp_path / "x.zip", tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as out, pytest.warns(UserWarning, match="Duplicate"):
        out.writestr("a.py", "1")
        out.writestr("a.py", "2")
    with pytest.raises(AgentError, match="cannot be unpacked"):
        unpack(tmp_path / "y.zip", tmp_path / "in")


def test_an_archive_is_counted_as_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.sandbox.package.MAX_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a", bytes(3 << 20))
    (tmp_path / "in").mkdir()
    with pytest.raises(AgentError, match="more than 1 MiB"):
        unpack(tmp_path / "x.zip", tmp_path / "in")
    (tmp_path / "z.zip").write_bytes(b"not an archive")
    with pytest.raises(AgentError, match="cannot be unpacked"):
        unpack(tmp_path / "z.zip", tmp_path / "in")


def test_pack_tries_the_agent_and_says_how_it_went(folder, tmp_path, capsys):
    assert main(["pack", str(folder), "--out", str(tmp_path / "x.zip")]) == 0
    out = capsys.readouterr().out
    assert "one episode of classic/CartPole-v1 at isolation level" in out and "sha256" in out


@pytest.mark.parametrize(
    "code, told",
    [
        ("import os\nos._exit(3)\n", "its process ended with exit code 3"),
        ("import no_such_package\n", "No module named 'no_such_package'"),
        ("def act(observation):\n    open('/etc/passwd')\n", "/etc/passwd"),  # denied, or under bubblewrap not there
    ],
)
def test_pack_says_why_the_trial_failed_and_writes_nothing(folder, tmp_path, capsys, code, told):
    (folder / "a.py").write_text(code)
    assert main(["pack", str(folder), "--out", str(tmp_path / "x.zip")]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()
