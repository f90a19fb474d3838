"""The house of a quest: rooms, doors, places and things, how one is made solvable, and the next right step in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

__all__ = ["CARRIED", "MAX_ACTIONS", "House", "Place", "make_house"]

DIRECTIONS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
ROOMS = ("hall", "kitchen", "library", "cellar", "attic", "study", "workshop", "pantry", "gallery", "chapel", "laundry")
METALS = ("brass", "iron", "copper", "silver")
COLOURS = ("red", "blue", "green", "white", "black", "yellow")
THINGS = ("lantern", "book", "mug", "violin", "clock", "rope", "mirror", "hammer", "candle", "umbrella")
SUPPORTS = ("oak table", "pine shelf", "stone ledge", "marble stand", "glass desk", "birch bench")
CONTAINERS = ("oak cupboard", "pine box", "wicker basket", "leather trunk", "paper carton", "tin crate")
CARRIED = "you"
_T = TypeVar("_T")
MAX_ACTIONS = 24  # seven things carried: drop or put each; four exits, and a door or a place to open at each


@dataclass
class Place:
    """What things can be put on or in; a `lock` names the metal of the key while it is locked."""

    name: str
    room: str
    preposition: str  # on | in
    is_open: bool = True
    lock: str = ""


@dataclass
class House:
    """The true state. Rooms form a tree, so there is one way between any two; `where` maps a thing to a room, a place
    or CARRIED; `doors` holds the metal of each locked door, under both of its sides."""

    exits: dict[str, dict[str, str]]
    doors: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    room: str = ""
    goal_thing: str = ""
    goal_place: str = ""
    explored: set[str] = field(default_factory=set)  # membership only, never iterated

    def here(self) -> list[Place]:
        """Returns the places of the room you are in."""
        return [place for place in self.places.values() if place.room == self.room]

    def things_at(self, spot: str) -> list[str]:
        """Returns the things in a room, at a place, or CARRIED, in the order in which they were made."""
        return [thing for thing, at in self.where.items() if at == spot]

    def actions(self) -> list[str]:
        """Returns everything that can be done now; at most MAX_ACTIONS."""
        carried, here = self.things_at(CARRIED), self.here()
        found: list[str] = []
        for direction in self.exits[self.room]:
            metal = self.doors.get((self.room, direction), "")
            if not metal:
                found.append(f"go {direction}")
            elif f"{metal} key" in carried:
                found.append(f"unlock {metal} door")
        found += [f"open {place.name}" for place in here if not place.is_open and not place.lock]
        found += [f"unlock {place.name}" for place in here if place.lock and f"{place.lock} key" in carried]
        reachable = [self.room, *(place.name for place in here if place.is_open)]
        found += [f"take {thing}" for thing, at in self.where.items() if at in reachable]
        for thing in carried:
            found += [f"put {thing} {place.preposition} {place.name}" for place in here if place.is_open]
            found.append(f"drop {thing}")
        return found

    def do(self, action: str) -> str:
        """Does one of `actions()` and returns what happened, in a sentence."""
        verb, _, rest = action.partition(" ")
        if verb == "go":
            self.room = self.exits[self.room][rest]
            self.explored.add(self.room)
            return f"You go {rest}."
        if verb == "take":
            self.where[rest] = CARRIED
            return f"You take the {rest}."
        if verb == "drop":
            self.where[rest] = self.room
            return f"You drop the {rest}."
        if verb == "put":
            (place,) = (place for place in self.here() if rest.endswith(f" {place.preposition} {place.name}"))
            thing = rest.removesuffix(f" {place.preposition} {place.name}")
            self.where[thing] = place.name
            return f"You put the {thing} {place.preposition} the {place.name}."
        if rest.endswith(" door"):
            self._unlock_door(rest.removesuffix(" door"))
            return f"You unlock the {rest}. The way is free."
        place = self.places[rest]
        place.is_open, place.lock = True, ""
        return f"You {verb} the {rest} and look inside."

    def is_solved(self) -> bool:
        """Whether the goal thing is at the goal place."""
        return self.where[self.goal_thing] == self.goal_place

    def path(self, goal: str) -> Iterator[tuple[str, str]]:
        """Yields (room, direction) of each step of the way from the room you are in to another."""
        previous: dict[str, tuple[str, str]] = {self.room: ("", "")}
        queue = [self.room]
        for room in queue:
            for direction, beyond in self.exits[room].items():
                if beyond not in previous:
                    previous[beyond] = (room, direction)
                    queue.append(beyond)
        steps: list[tuple[str, str]] = []
        while goal != self.room:
            steps.append(previous[goal])
            goal = previous[goal][0]
        return reversed(steps)

    def next_step(self) -> str:
        """Returns the next action of a way to the goal; right from every state that play can reach.

        Nothing can be locked or closed again, and a thing that was moved lies where one can go: so the order in which
        the house was made solvable stays one in which it can be solved.
        """
        place = self.places[self.goal_place]
        if self.where[self.goal_thing] != CARRIED:
            return self._towards_thing(self.goal_thing)
        return self._towards_place(place) or f"put {self.goal_thing} {place.preposition} {place.name}"

    def needed_unlocks(self) -> list[str]:
        """Returns, as actions, every unlocking without which the goal cannot be reached, as the house stands."""
        needed: list[str] = []
        self._need(self.where[self.goal_thing], needed)
        self._need(self.goal_place, needed)
        return needed

    def _need(self, spot: str, needed: list[str]) -> None:
        """Adds what must be unlocked to reach a spot and, in turn, the keys for that."""
        room, locks = spot, []
        if spot in self.places:
            room, lock = self.places[spot].room, self.places[spot].lock
            locks.append((f"unlock {spot}", lock))
        for step in self.path(room):
            metal = self.doors.get(step, "")
            locks.append((f"unlock {metal} door", metal))
        for action, metal in locks:
            if metal and action not in needed:
                needed.append(action)
                self._need(self.where[f"{metal} key"], needed)

    def _towards_thing(self, thing: str) -> str:
        spot = self.where[thing]
        if spot in self.places:
            return self._towards_place(self.places[spot]) or f"take {thing}"
        return self._towards_room(spot) or f"take {thing}"

    def _towards_place(self, place: Place) -> str:
        """Returns the next step to an open place before you, or "" when it is so."""
        if place.lock and self.where[f"{place.lock} key"] != CARRIED:
            return self._towards_thing(f"{place.lock} key")
        if step := self._towards_room(place.room):
            return step
        if place.is_open:
            return ""
        return f"{'unlock' if place.lock else 'open'} {place.name}"

    def _towards_room(self, room: str) -> str:
        steps = list(self.path(room))
        for position, step in enumerate(steps):
            metal = self.doors.get(step, "")
            if metal and self.where[f"{metal} key"] != CARRIED:
                return self._towards_thing(f"{metal} key")
            if metal and position == 0:
                return f"unlock {metal} door"
        return f"go {steps[0][1]}" if steps else ""

    def _unlock_door(self, metal: str) -> None:
        self.doors = {side: other for side, other in self.doors.items() if other != metal}


def make_house(random: np.random.Generator) -> House:
    """Makes a house that can be solved: each key lies where one can be before its lock is opened."""
    house = _rooms(random)
    _furnish(house, random)
    opened, last = _lock(house, random)
    colours, nouns = _shuffled(COLOURS, random), _shuffled(THINGS, random)
    things = [f"{colour} {noun}" for colour, noun in zip(colours, nouns, strict=False)][:4]
    house.goal_thing = things[0]
    house.where[things[0]] = _one(last, random)
    for thing in things[1:]:
        house.where[thing] = _one(opened, random)
    house.where = {thing: house.where[thing] for thing in _shuffled(house.where, random)}  # order gives nothing away
    start = house.where[house.goal_thing]
    room = house.places[start].room if start in house.places else start
    house.goal_place = _one([place.name for place in house.places.values() if place.room != room], random)
    house.explored.add(house.room)
    return house


def _rooms(random: np.random.Generator) -> House:
    """Grows a tree of five to eight rooms on a grid; you stand in the first."""
    names = _shuffled(ROOMS, random)[: 5 + int(random.integers(4))]
    cells = {names[0]: (0, 0)}
    house = House(exits={name: {} for name in names}, room=names[0])
    for name in names[1:]:
        free = [
            (room, direction, (x + dx, y + dy))
            for room, (x, y) in cells.items()
            for direction, (dx, dy) in DIRECTIONS.items()
            if (x + dx, y + dy) not in cells.values()
        ]
        room, direction, cell = free[int(random.integers(len(free)))]
        cells[name] = cell
        house.exits[room][direction] = name
        house.exits[name][OPPOSITE[direction]] = room
    return house


def _furnish(house: House, random: np.random.Generator) -> None:
    """Puts one place into every room: by turns a closed container and a support."""
    supports, containers = _shuffled(SUPPORTS, random), _shuffled(CONTAINERS, random)
    for number, room in enumerate(_shuffled(house.exits, random)):
        closed = number % 2 == 0
        name, preposition = (containers.pop(), "in") if closed else (supports.pop(), "on")
        place = Place(name, room, preposition, is_open=not closed)
        house.places[place.name] = place


def _lock(house: House, random: np.random.Generator) -> tuple[list[str], list[str]]:
    """Locks one or two doors and a container; returns all spots, and those behind the lock that opens last."""
    metals = _shuffled(METALS, random)
    edges = [(room, way, beyond) for room, ways in house.exits.items() for way, beyond in ways.items() if room < beyond]
    for room, way, beyond in _shuffled(edges, random)[: 1 + int(random.integers(2))]:
        metal = metals.pop()
        house.doors[room, way] = house.doors[beyond, OPPOSITE[way]] = metal
    container = house.places[_one([place.name for place in house.places.values() if not place.is_open], random)]
    container.lock = metals.pop()
    passed: list[str] = []
    spots = fresh = _spots(house, passed)
    while ahead := _locks_ahead(house, passed):
        metal = _one(ahead, random)
        house.where[f"{metal} key"] = _one(spots, random)
        passed.append(metal)
        fresh = [spot for spot in _spots(house, passed) if spot not in spots]
        spots = spots + fresh
    return spots, fresh


def _reach(house: House, passed: list[str]) -> list[str]:
    """Returns the rooms one can be in with the keys of the passed locks."""
    rooms = [house.room]
    for room in rooms:
        for way, beyond in house.exits[room].items():
            if beyond not in rooms and house.doors.get((room, way), "") in ["", *passed]:
                rooms.append(beyond)
    return rooms


def _spots(house: House, passed: list[str]) -> list[str]:
    """Returns the rooms and places where things can be had with the keys of the passed locks."""
    rooms = _reach(house, passed)
    places = [p.name for p in house.places.values() if p.room in rooms and p.lock in ["", *passed]]
    return rooms + places


def _locks_ahead(house: House, passed: list[str]) -> list[str]:
    """Returns the locks one can stand before and has not passed, in a fixed order."""
    rooms = _reach(house, passed)
    locks = [metal for (room, _), metal in house.doors.items() if room in rooms]
    locks += [place.lock for place in house.places.values() if place.room in rooms and place.lock]
    return [metal for metal in dict.fromkeys(locks) if metal not in passed]


def _shuffled(items: Iterable[_T], random: np.random.Generator) -> list[_T]:
    pool = list(items)
    return [pool[k] for k in random.permutation(len(pool)).tolist()]


def _one(items: list[str], random: np.random.Generator) -> str:
    return items[int(random.integers(len(items)))]
