"""How a seat sees a site: as text, as pixels, or as rows of numbers."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.text.letters import LETTERS
from arena.envs.web.webarena.environment import ACTIONS, COMMAND, LONGEST
from arena.errors import UnparsableError
from arena.views import View

__all__ = ["ArrayView", "ImageView", "TextView"]

_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_BANNER = 120  # pixels above the window, for the task in writing
_LINE = 200  # characters that fit into a line of the banner
_HELP = """You use web sites in a browser. Do what the task says, and nothing else. The page is shown as a tree; what
can be used has a number. Only what lies in the window is shown: scroll for more.
Answer with one action on the last line:
click 12              click element 12; click 80 120 clicks a point of the window
hover 12              move the mouse onto element 12
type 7 "blue kettle"  put this text into field 7 (replaces what it holds; does not press Enter)
select 8 "blue"       choose an option of element 8
keys "blue"           press one key after the other, wherever the cursor is
key Enter             press a key, such as Tab, ArrowDown or Control+a
scroll 300            scroll down by 300 pixels (-300: up)
goto "http://..."     load an address
back, forward         go to the page before or after
tab 2, new tab, close tab
wait                  wait a moment
stop                  end the episode: the task is done
answer "12.50"        end the episode with this answer, where the task asks for one"""


class _Acting(View):
    """Reads the answer's last line as one action of any kind."""

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=LETTERS)

    def parse(self, answer: Any) -> str:
        lines = [line.strip() for line in str(answer).strip().splitlines() if line.strip()]
        stated = lines[-1] if lines else ""
        if len(stated) > 1000 or not COMMAND.fullmatch(stated):
            raise UnparsableError(f"{stated[:80]!r} is no action: the last line must be such as {ACTIONS}")
        return stated

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by


class TextView(_Acting):
    """The task and the page's accessibility tree; the answer's last line is one action."""

    options = {"help": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(LONGEST + len(_HELP) + 2, charset=LETTERS)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        return f"{_HELP}\n\n{observation}", None


class ImageView(_Acting):
    """The window's pixels below the task in writing and its pictures; points count from the window's corner."""

    options = {"banner": _BANNER}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        benchmark = env.unwrapped.benchmark
        self._width, height = benchmark.window
        self._height = benchmark.strip
        shape = (_BANNER + self._height + height, self._width, 3)
        self.observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        env = self.env.unwrapped
        above = [self._banner(env.head()), *([self._strip(env.pictures())] if self._height else [])]
        return np.concatenate([*above, env.window.screenshot()]), None

    def _banner(self, head: str) -> npt.NDArray[np.uint8]:
        from PIL import Image, ImageDraw

        text = f"{head}\nAnswer with {ACTIONS}"
        lines = [line[at : at + _LINE] for line in text.splitlines() for at in range(0, len(line), _LINE)]
        banner = Image.new("RGB", (self._width, _BANNER), "#fff7db")
        ImageDraw.Draw(banner).multiline_text((4, 2), "\n".join(lines), "black", spacing=1)
        return np.asarray(banner)

    def _strip(self, pictures: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
        """Returns the task's pictures side by side, each as large as its share of the width allows."""
        from PIL import Image

        strip = Image.new("RGB", (self._width, self._height), "white")
        for place, picture in enumerate(pictures):
            share = self._width // len(pictures)
            image = Image.fromarray(picture)
            image.thumbnail((share, self._height))
            strip.paste(image, (place * share, 0))
        return np.asarray(strip)


class ArrayView(CandidateView):
    """What can be done in the window as rows of numbers; the answer is the number of one.

    Candidates are: to stop, to go back, to scroll down by 600 pixels; then, in the page's order, to click each element,
    and to type each text in quotation marks of the intent into each field; the first 128 of them.

    A row's own features: the kind (stop, back, scroll, click, type; one-hot), which share of the words of the element's
    line is in the intent, whether all are; then, the same in every row, the share of turns left.
    """

    options = {"slots": 128}
    slots = 128
    features = 5 + 2 + 1

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        intent = info["intent"]
        left = (min(1.0, info["turns_left"] / 30),)
        found = [
            Candidate(action, action, (*_kind(place), 0.0, 0.0, *left))
            for place, action in enumerate(("stop", "back", "scroll 600"))
        ]
        values = [value for value in dict.fromkeys(re.findall(r'"([^"\n]{1,80})"', intent))][:4]
        for number, line in enumerate(info["elements"], start=1):
            named = overlap(line, intent)
            told = (named, float(named == 1.0), *left)
            found.append(Candidate(f"click {number}", line, (*_kind(3), *told)))
            if line.startswith(("textbox", "searchbox", "spinbutton")):
                found += [Candidate(f'type {number} "{v}"', f"type {v} {line}", (*_kind(4), *told)) for v in values]
        return found[: self.slots], intent


def _kind(place: int) -> tuple[float, ...]:
    return tuple(float(place == one) for one in range(5))
