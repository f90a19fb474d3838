"""Quest: a small text adventure in a house made from the seed, with keys, doors and one thing to put in its place."""

from __future__ import annotations

import re
import string
from typing import Any

import gymnasium

from arena.envs.text.candidates import Candidate, CandidateView, overlap
from arena.envs.text.house import CARRIED, MAX_ACTIONS, make_house
from arena.views import View, parse_choice

__all__ = ["ArrayView", "OracleView", "Quest", "TextView"]

MAX_TURNS = 60
FINAL_REWARD = 0.5  # the other half is shared among the sub-goals
CHARSET = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n")
_LONGEST = 4096  # characters
_LONGEST_ANSWER = 16_384  # characters: one may think aloud before the last line
_UNPRINTABLE = re.compile(r"[^ -~]")


class Quest(gymnasium.Env[str, str]):
    """A text adventure: find one thing in a house with locked doors and put it where it belongs.

    Observation:
        Text: the goal, the room with its exits, places and things, what you carry, what came of the last action, the
        turns left. An exit leads to a room you know by name, to an unexplored one, or to a locked door.
        `info` holds `valid_actions` (all that can be done now, as action texts), `goal_thing`, `goal_place`,
        `goal_room`, `room`, `carried`, `unexplored` (directions), `turns_left`, `metrics`.
    Action:
        Text, one of `info["valid_actions"]`, such as `go north`, `take brass key`, `unlock brass door`,
        `open pine box`, `put red lantern on oak table`. Anything else changes nothing and costs a turn.
    Reward:
        0.5 shared equally by the sub-goals, each paid once: to open each lock that stands between the start and the
        goal, and to take the wanted thing; the rest of 1 when it is put in its place.
    Episode end:
        Terminated when the thing is in its place. Truncated after 60 turns.
    Start:
        Five to eight rooms in a tree, one place (support or closed container) in each, one or two locked doors, one
        locked container, their keys, and four things; you stand in the first room. Each key lies where one can get.
    Score:
        Metric `score`, 0 to 1: the sum of rewards; best known 1.0 (a walkthrough exists from every state); random: see
        the spec. `success` is 1 when the thing is in its place.
    Versions:
        v0: first.
    Source:
        Of our own, after TextWorld (Cote et al. 2018, arXiv 1806.11532).
    """

    metadata = {"render_modes": ["ansi"]}

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = gymnasium.spaces.Text(_LONGEST, charset=CHARSET)
        self.action_space = gymnasium.spaces.Text(80, charset=CHARSET)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        super().reset(seed=seed)
        self.house = make_house(self.np_random)
        self._subgoals = [*self.house.needed_unlocks(), f"take {self.house.goal_thing}"]  # not reached yet
        self._share = (1.0 - FINAL_REWARD) / len(self._subgoals)
        self._score = 0.0
        self._turn = 0
        self._event = "You look around."
        self._valid = self.house.actions()
        return self._text(), self._info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        self._turn += 1
        reward = 0.0
        if action in self._valid:
            self._event = self.house.do(action)
            self._valid = self.house.actions()
            reward = self._reward(action)
        else:
            self._event = f'You cannot do "{_UNPRINTABLE.sub("?", action[:60])}" here and now.'
        self._score += reward
        solved = self.house.is_solved()
        return self._text(), reward, solved, not solved and self._turn >= MAX_TURNS, self._info()

    def render(self) -> Any:
        return self._text()

    def _reward(self, action: str) -> float:
        if self.house.is_solved():
            return 1.0 - self._score
        if action in self._subgoals:
            self._subgoals.remove(action)
            return self._share
        return 0.0

    def _text(self) -> str:
        house = self.house
        place = house.places[house.goal_place]
        lines = [
            f"Goal: put the {house.goal_thing} {place.preposition} the {place.name} in the {place.room}.",
            f"You are in the {house.room}.",
            f"Exits: {', '.join(self._exit(way) for way in house.exits[house.room])}.",
            *(_describe_place(place, house.things_at(place.name)) for place in house.here()),
            f"On the floor: {_list(house.things_at(house.room))}.",
            f"You carry: {_list(house.things_at(CARRIED))}.",
            f"Last: {self._event}",
            f"Turns left: {MAX_TURNS - self._turn}",
        ]
        return "\n".join(lines)

    def _exit(self, way: str) -> str:
        house = self.house
        if metal := house.doors.get((house.room, way), ""):
            return f"{way} ({metal} door, locked)"
        beyond = house.exits[house.room][way]
        return f"{way} ({f'to the {beyond}' if beyond in house.explored else 'unexplored'})"

    def _info(self) -> dict[str, Any]:
        house = self.house
        return {
            "valid_actions": list(self._valid),
            "goal_thing": house.goal_thing,
            "goal_place": house.goal_place,
            "goal_room": house.places[house.goal_place].room,
            "room": house.room,
            "carried": house.things_at(CARRIED),
            "unexplored": [way for way, beyond in house.exits[house.room].items() if beyond not in house.explored],
            "turns_left": MAX_TURNS - self._turn,
            "metrics": {"success": float(house.is_solved()), "score": self._score},
        }


def _list(things: list[str]) -> str:
    return ", ".join(things) or "nothing"


def _describe_place(place: Any, things: list[str]) -> str:
    if place.is_open:
        return f"{place.preposition.capitalize()} the {place.name}: {_list(things)}."
    return f"The {place.name} is {f'locked ({place.lock} lock)' if place.lock else 'closed'}."


class TextView(View):
    """The room in words and everything that can be done; the answer's last line is one of these actions."""

    options = {"valid_actions": True}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        self.observation_space = gymnasium.spaces.Text(2 * _LONGEST, charset=CHARSET)
        self.action_space = gymnasium.spaces.Text(_LONGEST_ANSWER, charset=CHARSET)
        self._valid: list[str] = []

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._valid = info["valid_actions"]
        return f"{observation}\n\nYou can:\n" + "\n".join(self._valid) + f"\n\n{_HELP}", None

    def parse(self, answer: Any) -> str:
        return self._valid[parse_choice(answer, self._valid)]

    def default(self, mask: Any) -> str:
        return "pass"  # is no action here: it changes nothing and a turn goes by


_HELP = "Answer with one of these actions on the last line."


class ArrayView(CandidateView):
    """The valid actions as rows of numbers; the answer is the number of one.

    A row's own features: the verb (six, one-hot), the share of the action's words in the goal, whether it names the
    wanted thing, the goal's place, a key, whether it leads to an unexplored room, whether the wanted thing is carried,
    whether this is the goal's room, the share of turns left.
    """

    options = {"slots": MAX_ACTIONS, "verbs": ["go", "take", "drop", "put", "open", "unlock"]}
    slots = MAX_ACTIONS
    features = 14

    def candidates(self, observation: str, info: dict[str, Any]) -> tuple[list[Candidate], str]:
        thing, place = info["goal_thing"], info["goal_place"]
        state = (
            float(thing in info["carried"]),
            float(info["room"] == info["goal_room"]),
            info["turns_left"] / MAX_TURNS,
        )
        found = []
        for action in info["valid_actions"]:
            verb, _, rest = action.partition(" ")
            features = [float(verb == known) for known in self.options["verbs"]]
            features.append(overlap(action, f"{thing} {place}"))
            features += [float(thing in rest), float(place in rest), float("key" in rest)]
            features.append(float(verb == "go" and rest in info["unexplored"]))
            found.append(Candidate(action, action, (*features, *state)))
        return found, f"{info['room']} {' '.join(info['carried'])}"


class OracleView(TextView):
    """Shows the next step of a walkthrough from the true state; for the agent `oracle` only."""

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        self._valid = info["valid_actions"]
        return self.env.unwrapped.house.next_step(), None
