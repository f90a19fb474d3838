"""Shogi by python-shogi: the whole game with drops, repetition, perpetual check and the pawn-drop mate."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo.utils.env import AECEnv

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured
from arena.views import View, parse_choice

__all__ = ["Shogi", "TextView"]

MAX_MOVES = 512  # then a draw, as in AlphaZero's games (Silver et al. 2018)
OPENING = 2  # random moves, so that one seed's game is not the next one's
SQUARES = 81
PLANES = 27  # ten directions, the same ten with promotion, seven drops
PLANES_SEEN = 46
# (rows, columns) of a step in each direction, for a mover who moves up; the last two are the knight's jumps
_DIRECTIONS = ((-1, 0), (-1, -1), (-1, 1), (0, -1), (0, 1), (1, 0), (1, -1), (1, 1), (-2, -1), (-2, 1))
_KINDS = 14  # of pieces on the board
_HAND = 7  # kinds of pieces in hand
_IN_ALL = np.array([18, 4, 4, 4, 4, 2, 2], np.float32)  # pawns, lances, knights, silvers, golds, bishops, rooks


class Shogi(AECEnv):
    """Japanese chess: captured pieces change sides and may be dropped.

    Observation:
        Dict: `observation` (46, 9, 9) float32 in [0, 1], from the looker's side (turned for the second player): 14
        planes of own pieces by kind (pawn, lance, knight, silver, gold, bishop, rook, king, promoted pawn, lance,
        knight, silver, bishop, rook), 14 of the other's, 7 + 7 of pieces in hand as a share of all there are, then
        whole planes: earlier occurrences of the position (thirds), check, moves played (share of 512), 1 for the first
        player. `action_mask` (2187,) int8, 1 where a move is legal (all 0 for who is not to move).
    Action:
        Discrete(2187) = 27 planes x 81 squares, `plane * 81 + square`, from the mover's side: where the piece lands,
        and from which direction it comes (up, up-left, up-right, left, right, down, down-left, down-right, knight's
        jump left, right), the same with promotion, or which piece is dropped.
    Reward:
        At the end: 1 to the winner, -1 to the loser, 0 to both for a draw.
    Episode end:
        Terminated by mate (who has no legal move loses), by the fourth occurrence of a position (a draw, but lost by
        who gave check on every move since its first), and as a draw after 512 moves.
    Start:
        The usual one, after two uniformly random legal moves drawn from the seed.
    Score:
        Return: -1, 0 or 1; best known 1.
    Versions:
        v0: python-shogi 1.1.1.
    Source:
        https://github.com/gunyarakun/python-shogi. Different from it: a pawn drop that mates is always illegal (it
        overlooks pinned defenders and squares behind the king). Entering kings are not counted: no win by declaration.
        The numbering of moves is that of dlshogi and Pgx.
    """

    metadata = {"name": "shogi", "render_modes": ["ansi"], "is_parallelizable": False}

    def __init__(self, random_opening: int = OPENING, render_mode: str | None = None) -> None:
        import shogi

        super().__init__()
        self._opening = random_opening
        self.render_mode = render_mode
        self.possible_agents = ["player_0", "player_1"]
        self.agent_selection = self.possible_agents[0]
        self._observation_space = spaces.Dict(
            {
                "observation": spaces.Box(0.0, 1.0, (PLANES_SEEN, 9, 9), np.float32),
                "action_mask": spaces.Box(0, 1, (PLANES * SQUARES,), np.int8),
            }
        )
        self._action_space = spaces.Discrete(PLANES * SQUARES)
        self._random = np.random.default_rng()
        self.board: Any = shogi.Board()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        return self._observation_space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        return self._action_space

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        import shogi

        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.set_board(shogi.Board())
        for _ in range(self._opening):
            self._push(self.moves[int(self._random.choice(sorted(self.moves)))])

    def set_board(self, board: Any) -> None:
        """Begins an episode at a `shogi.Board`."""
        self.board = board
        self._seen: list[tuple[Any, bool]] = []  # of each position: its identity, and whether its mover is in check
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {name: {} for name in self.agents}
        self._look()

    def step(self, action: Any) -> None:
        if self.terminations[self.agent_selection]:
            self._was_dead_step(action)
            return
        mover = self.agent_selection
        self._push(self.moves[int(action)])
        self._cumulative_rewards[mover] = 0.0
        if (result := self._result()) is not None:
            self.rewards = dict(zip(self.possible_agents, result, strict=True))
            self.terminations = dict.fromkeys(self.agents, True)
            self.agent_selection = self.agents[0]
        self._accumulate_rewards()

    def observe(self, agent: str) -> dict[str, npt.NDArray[Any]]:
        side = self.possible_agents.index(agent)
        mask = np.zeros(PLANES * SQUARES, np.int8)
        if agent == self.agent_selection and not self.terminations.get(agent, True):
            mask[list(self.moves)] = 1
        return {"observation": self._planes(side), "action_mask": mask}

    def render(self) -> str:
        """Returns the board as python-shogi prints it."""
        return str(self.board)

    def close(self) -> None:
        """Nothing to free."""

    def _push(self, move: Any) -> None:
        self.board.push(move)
        self._look()

    def _look(self) -> None:
        """Takes in the new position: who moves, by which moves, and that it occurred."""
        board = self.board
        self._in_check = bool(board.is_check())
        hands = tuple(tuple(hand[kind] for kind in range(1, _HAND + 1)) for hand in board.pieces_in_hand)
        sides = (board.occupied[0], board.occupied[1])
        self._seen.append(((board.turn, tuple(board.pieces), sides, hands), self._in_check))
        self.moves = {_number(move, board.turn): move for move in legal_moves(board)}
        self.agent_selection = self.possible_agents[board.turn]

    def _result(self) -> tuple[float, float] | None:
        """Returns both rewards of a game that is over."""
        if not self.moves:
            return _lost_by(self.board.turn)
        here = self._seen[-1][0]
        times = [index for index, (position, _) in enumerate(self._seen) if position == here]
        if len(times) >= 4:
            since = self._seen[times[0] + 1 :]  # in turn: what the other left the mover in, what the mover left
            if all(check for _, check in since[1::2]):
                return _lost_by(1 - self.board.turn)
            if all(check for _, check in since[0::2]):
                return _lost_by(self.board.turn)
            return 0.0, 0.0
        return (0.0, 0.0) if len(self.board.move_stack) >= MAX_MOVES else None

    def _planes(self, side: int) -> npt.NDArray[np.float32]:
        board = self.board
        planes = np.zeros((PLANES_SEEN, 9, 9), np.float32)
        for square, kind in enumerate(board.pieces):
            if kind:
                at = square if side == 0 else SQUARES - 1 - square
                own = bool(board.occupied[side] >> square & 1)
                planes[kind - 1 + (0 if own else _KINDS), at // 9, at % 9] = 1.0
        for offset, holder in ((28, side), (35, 1 - side)):
            hand = np.array([board.pieces_in_hand[holder][kind] for kind in range(1, _HAND + 1)], np.float32)
            planes[offset : offset + _HAND] = (hand / _IN_ALL)[:, None, None]
        before = sum(position == self._seen[-1][0] for position, _ in self._seen) - 1
        planes[42], planes[43] = min(before, 3) / 3.0, self._in_check
        planes[44], planes[45] = min(len(board.move_stack) / MAX_MOVES, 1.0), side == 0
        return planes


def legal_moves(board: Any) -> list[Any]:
    """Returns the legal moves, in python-shogi's order, without the pawn drops that mate.

    python-shogi plays every move to see whether it leaves the king in check; here only those that could: all when in
    check, else the king's and those of pieces in line with the king.
    """
    king, in_check = board.king_squares[board.turn], board.is_check()
    return [move for move in board.pseudo_legal_moves if _is_legal(board, move, king, in_check)]


def _is_legal(board: Any, move: Any, king: int, in_check: bool) -> bool:
    if move.from_square is None:
        exposes = in_check
    else:
        exposes = in_check or move.from_square == king or _in_line(move.from_square, king)
    if exposes and board.is_suicide_or_check_by_dropping_pawn(move):
        return False
    return not _mates_by_pawn(board, move)


def _in_line(square: int, king: int) -> bool:
    rows, columns = abs(square // 9 - king // 9), abs(square % 9 - king % 9)
    return rows == columns or rows == 0 or columns == 0


def _mates_by_pawn(board: Any, move: Any) -> bool:
    import shogi

    ahead = move.to_square + (-9 if board.turn == 0 else 9)
    if move.drop_piece_type != shogi.PAWN or board.king_squares[1 - board.turn] != ahead:
        return False
    board.push(move)
    mates = not any(True for _ in board.legal_moves)
    board.pop()
    return mates


def _number(move: Any, turn: int) -> int:
    """Returns a move's action; squares are turned for the second player."""
    to = move.to_square if turn == 0 else SQUARES - 1 - move.to_square
    if move.from_square is None:
        return (20 + move.drop_piece_type - 1) * SQUARES + to
    origin = move.from_square if turn == 0 else SQUARES - 1 - move.from_square
    rows, columns = to // 9 - origin // 9, to % 9 - origin % 9
    is_jump = abs(rows) == 2 and abs(columns) == 1
    step = (rows, columns) if is_jump else (int(np.sign(rows)), int(np.sign(columns)))
    return (_DIRECTIONS.index(step) + (10 if move.promotion else 0)) * SQUARES + to


def _lost_by(side: int) -> tuple[float, float]:
    return (-1.0, 1.0) if side == 0 else (1.0, -1.0)


class TextView(View):
    """The board, both hands and the legal moves in USI notation."""

    options = {"legal_moves_shown": True, "names": "USI"}

    def __init__(self, env: Any, agent: str | None) -> None:
        super().__init__(env, agent)
        charset = string.printable[:95] + "\n"
        self.observation_space = spaces.Text(16_000, charset=charset)
        self.action_space = spaces.Text(200, charset=charset)

    def observe(self, observation: Any, mask: Any, info: dict[str, Any]) -> tuple[Any, Any]:
        board = self.env.board
        first = self.agent == "player_0"
        side = "first player: capital letters, moving up" if first else "second player: small letters, moving down"
        rows = [" ".join(_symbol(board, 9 * row + column) for column in range(9)) for row in range(9)]
        lines = [
            f"Shogi (Japanese chess). Checkmate wins; captured pieces may be dropped. You are the {side}.",
            "   9  8  7  6  5  4  3  2  1",
            *(f"{'abcdefghi'[row]} {line}" for row, line in enumerate(rows)),
            f"In hand, first player: {_hand(board, 0)}; second player: {_hand(board, 1)}.",
            "You are in check." if board.is_check() else "",
            "Moves are in USI: 7g7f moves from 7g to 7f, a + behind promotes, P*5e drops a pawn on 5e.",
            f"Legal moves: {', '.join(self._moves())}. Answer with one of them.",
        ]
        return "\n".join(line for line in lines if line), mask

    def parse(self, answer: Any) -> Any:
        return sorted(self.env.moves)[parse_choice(answer, self._moves())]

    def _moves(self) -> list[str]:
        return [self.env.moves[number].usi() for number in sorted(self.env.moves)]


def _symbol(board: Any, square: int) -> str:
    piece = board.piece_at(square)
    return " ." if piece is None else piece.symbol().rjust(2)


def _hand(board: Any, side: int) -> str:
    held = [(kind, board.pieces_in_hand[side][kind]) for kind in range(_HAND, 0, -1)]
    return ", ".join(f"{count} {'-PLNSGBR'[kind]}" for kind, count in held if count) or "nothing"


register(
    EnvSpec(
        id="shogi/Shogi-v0",
        random=measured("shogi/Shogi-v0"),
        entry_point=f"{__name__}:Shogi",
        domain="games",
        interface="aec",
        seats=2,
        payoff="zero-sum",
        expert=Reference(1.0, "the most a player can win"),
        max_steps=MAX_MOVES + 1,  # a game that ends by itself is never cut off
        score_range=(-1.0, 1.0),
        failure_score=-1.0,
        views={"text/v1": f"{__name__}:TextView"},
        needs=Needs(modules=("shogi",), get="pip install 'arena-bench[games]'"),
        packages=("python-shogi", "numpy"),
        tags=("two-player", "turn-based"),
        description="Japanese chess with drops, after two random moves drawn from the seed.",
        observation="(46, 9, 9) float32 in [0, 1] from the looker's side: pieces, hands, repetition, check, moves.",
        action="One of 2187: where a piece lands, and from which direction, with promotion, or as a drop; masked.",
        reward="1 for mate, -1 for being mated or for perpetual check, 0 for a draw or before the end.",
        source="https://github.com/gunyarakun/python-shogi",
    )
)
