"""The README's commands work as printed, in order, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>python|sh)\n(?P<text>.*?)```", re.DOTALL)


def test_every_command_and_file_of_the_readme_works(tmp_path: Path) -> None:
    bin_folder = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    blocks = list(BLOCK.finditer(README.read_text()))
    assert len(blocks) >= 7
    for block in blocks:
        text = block["text"]
        if block["file"]:
            (tmp_path / block["file"]).write_text(text)
            continue
        command = ["bash", "-e", "-c", text] if block["language"] == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_first_lines_are_the_two_commands() -> None:
    lines = [line for line in README.read_text().splitlines() if line.strip()]
    assert lines[1:4] == ["```console", lines[2], lines[3]]
    assert lines[2].startswith("make run") and lines[3].startswith("make test")


def test_the_pages_of_environments_are_the_catalogues(tmp_path: Path) -> None:
    folder = README.parent / "docs" / "environments"
    for picture in folder.glob("*.png"):
        (tmp_path / picture.name).touch()
    subprocess.run([sys.executable, "-m", "arena.cli", "envs", "--pages", str(tmp_path)], check=True)
    for made in tmp_path.glob("*.md"):
        assert made.read_text() == (folder / made.name).read_text(), "again: arena envs --pages docs/environments"
