"""How a seat sees a page of Chromium beyond its text: the accessibility tree, the DOM, or pixels."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np

from arena.envs.web.apps.environment import COMMAND, PRINTABLE
from arena.envs.web.live.browser import WINDOW
from arena.envs.web.live.environment import MORE
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["AccessibilityView", "DomView", "ImageView"]

_LONGEST = 65_536  # characters
_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_BANNER = 72  # pixels above the window, for the task
_LINE = 100  # characters that fit into a line of the banner
_UNPRINTABLE = re.compile(r"[^ -~\n]")
_HELP = """You use web applications in a browser. Do what the task says, and nothing else.
Answer with one action on the last line:
click 12              click element 12; click 80 120 clicks a point of the window
type 7 "blue kettle"  put this text into textbox 7 (replaces what it holds)
select 8 "blue"       choose an option of select 8
keys "blue"           press one key after the other, wherever the cursor is
key Enter             press a key, such as Tab, ArrowDown or Control+a
scroll 300            scroll down by 300 pixels (-300: up)
back                  go back to the page before
stop                  end the episode
answer "12.50"        end the episode with this answer, where the task asks for one"""


class _Acting(View):
    """Reads the answer's last line as one action of any kind."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(_LONGEST, charset=PRINTABLE)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=PRINTABLE)

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if len(stated) > 256 or not (COMMAND.fullmatch(stated) or MORE.fullmatch(stated)):
            raise UnparsableError(
                f'{stated[:80]!r} is no action: the last line must be such as click 12, click 80 120, type 7 "text", '
                'select 8 "option", keys "text", key Enter, scroll 300, back, stop or answer "text"'
            )
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by

    def _told(self, page: str) -> str:
        """Returns the help, the task and a page, cut where it is too long."""
        head = _UNPRINTABLE.sub("?", f"{_HELP}\n\n{self.env.unwrapped._head()}\n{page}")
        return head[:_LONGEST]


class AccessibilityView(_Acting):
    """The accessibility tree, with the number of each element that can be acted on."""

    options = {"help": True}

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self._told(self.env.unwrapped.browser.accessibility()), None


class DomView(_Acting):
    """The HTML of the page's body as it is now, with the number of each element that can be acted on."""

    options = {"help": True}

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return self._told(self.env.unwrapped.browser.dom()), None


class ImageView(_Acting):
    """The window's pixels below the task in writing, (552, 640, 3) uint8; points count from the window's corner."""

    options = {"banner": _BANNER}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Box(0, 255, (WINDOW[1] + _BANNER, WINDOW[0], 3), np.uint8)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        from PIL import Image, ImageDraw

        env = self.env.unwrapped
        banner = Image.new("RGB", (WINDOW[0], _BANNER), "#fff7db")
        text = env._head().strip()
        lines = [line[at : at + _LINE] for line in text.splitlines() for at in range(0, len(line), _LINE)]
        ImageDraw.Draw(banner).multiline_text((4, 2), "\n".join(lines), "black", spacing=1)
        return np.concatenate([np.asarray(banner), env.browser.screenshot()]), None
