"""A submission: a folder with agent.toml and what the agent needs, checked, and packed into an archive."""

from __future__ import annotations

import importlib.metadata
import json
import os
import stat
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from arena.errors import AgentError

__all__ = ["MANIFEST", "PACKAGES", "Manifest", "pack", "read_manifest", "submitted_files", "unpack"]

MANIFEST = "agent.toml"  # marks a folder as an agent
PACKAGES = ("gymnasium", "numpy", "pillow", "safetensors", "scipy", "torch")  # what a box has; nothing is installed
MAX_BYTES, MAX_FILES = 1 << 30, 10_000
MAX_MEMORY_MB = 8192
_MANIFEST_BYTES = 64 << 10
_NAME = 100  # characters
_KEYS = ("name", "version", "entry", "config", "description", "requirements", "memory_mb")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that an archive can hold: the same files give the same bytes
_LEFT_OUT = ("__pycache__", ".git", ".DS_Store")


@dataclass(frozen=True)
class Manifest:
    """What agent.toml says.

    Fields:
        name, version, description: what boards show.
        entry: `file.py:Name` within the folder.
        config: keyword arguments of the class.
        requirements: names of packages that the agent imports, out of PACKAGES.
        memory_mb: what it needs; its box has no more. 0 means the usual limit.
    """

    name: str
    entry: str
    version: str = ""
    description: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    memory_mb: int = 0


def read_manifest(folder: Path) -> Manifest:
    """Reads a folder's agent.toml.

    Raises:
        AgentError: it is not one; says which key, what came and what was expected.
    """
    toml = folder / MANIFEST
    try:
        if toml.stat().st_size > _MANIFEST_BYTES:
            raise AgentError(f"{toml}: {toml.stat().st_size} bytes; expected at most {_MANIFEST_BYTES}")
        data = tomllib.loads(toml.read_text())
    except (OSError, ValueError) as error:  # not there, not TOML, or not even text
        raise AgentError(f"{toml}: {error}") from error
    if extra := sorted(set(data) - set(_KEYS)):
        raise AgentError(f"{toml}: unknown keys {extra}; expected {', '.join(_KEYS)}")
    name, entry, config = data.get("name", folder.name), data.get("entry", ""), data.get("config", {})
    if not isinstance(entry, str) or ".py:" not in entry or not _is_inside(entry.rpartition(":")[0]):
        raise AgentError(f"{toml}: entry must be 'file.py:Name' within the folder, got {entry!r}")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise AgentError(f"{toml}: name must be text and config a table, got {name!r} and {config!r}")
    if not name.isprintable() or not 0 < len(name) <= _NAME:
        raise AgentError(f"{toml}: name must be a line of 1 to {_NAME} characters, got {name[:200]!r}")
    try:
        json.dumps(config)
    except TypeError as error:  # a date, say
        raise AgentError(f"{toml}: config must hold text, numbers, booleans, lists and tables: {error}") from error
    version, description = data.get("version", ""), data.get("description", "")
    if not isinstance(version, str) or not isinstance(description, str):
        raise AgentError(f"{toml}: version and description must be text, got {version!r} and {description!r}")
    memory = data.get("memory_mb", 0)
    if type(memory) is not int or not 0 <= memory <= MAX_MEMORY_MB:
        raise AgentError(f"{toml}: memory_mb must be a whole number up to {MAX_MEMORY_MB}, got {memory!r}")
    return Manifest(name, entry, version, description, config, _requirements(toml, data), memory)


def _requirements(toml: Path, data: dict[str, Any]) -> tuple[str, ...]:
    wanted = data.get("requirements", [])
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise AgentError(f"{toml}: requirements must be a list of names, got {wanted!r}")
    for name in wanted:
        if name not in PACKAGES:
            raise AgentError(
                f"{toml}: {name!r} is not among the packages that a box has, without versions: {', '.join(PACKAGES)}"
            )
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise AgentError(f"{toml}: {name} is not installed here: pip install {name}") from None
    return tuple(wanted)


def submitted_files(folder: Path) -> list[Path]:
    """Returns the files of a submission, sorted, relative to its folder; caches and .git are left out.

    Raises:
        AgentError: a link, a device or a socket; too many files or bytes.
    """
    found, size = [], 0
    for path in _walk(folder):
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a link" if stat.S_ISLNK(status.st_mode) else "no plain file"
            raise AgentError(f"{path} is {kind}; an agent's folder holds plain files only")
        size += status.st_size
        found.append(path.relative_to(folder))
        if len(found) > MAX_FILES or size > MAX_BYTES:
            raise AgentError(f"{folder} holds more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB")
    return sorted(found)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def pack(folder: Path, archive: Path) -> None:
    """Writes a folder's files into an archive; the same files always give the same bytes.

    Raises:
        AgentError: the folder is no submission, or the archive would lie in it.
    """
    if archive.resolve().is_relative_to(folder.resolve()):
        raise AgentError(f"{archive} lies in the folder that is packed; give another --out")
    read_manifest(folder)
    files = submitted_files(folder)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:  # zlib's versions differ in their bytes
        for file in files:
            info = zipfile.ZipInfo(file.as_posix(), _EPOCH)
            info.create_system = 3  # Unix, wherever it is made
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            with (folder / file).open("rb") as content, out.open(info, "w") as room:
                while chunk := content.read(1 << 20):
                    room.write(chunk)


def unpack(archive: Path, folder: Path) -> None:
    """Writes an archive's files into an empty folder; trusts nothing that the archive says of itself.

    Raises:
        AgentError: no archive, a name that leaves the folder, a link, too many files or bytes.
    """
    try:
        with zipfile.ZipFile(archive) as held:
            members = held.infolist()
            if len(members) > MAX_FILES:
                raise AgentError(f"{archive} holds {len(members)} files; expected at most {MAX_FILES}")
            left = MAX_BYTES
            for member in members:
                left = _extract(held, member, folder, left)
    except (
        OSError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:  # or encrypted, or packed oddly
        raise AgentError(f"{archive} cannot be unpacked: {error}") from error
    submitted_files(folder)
    read_manifest(folder)


def _extract(held: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Writes one file, and returns how many bytes may still follow."""
    kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where the archive does not say
    if not _is_inside(member.filename) or member.is_dir() or kind not in (0, stat.S_IFREG):
        raise AgentError(f"{held.filename} holds {member.filename!r}, which is no plain file within the folder")
    target = folder / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with held.open(member) as content, target.open("xb") as out:
        while chunk := content.read(1 << 20):  # counted as it comes: a header may lie about the size
            left -= len(chunk)
            if left < 0:
                raise AgentError(f"{held.filename} unpacks to more than {MAX_BYTES >> 20} MiB")
            out.write(chunk)
    return left


def _is_inside(name: str) -> bool:
    """Whether a relative path stays in its folder, on every system."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")
