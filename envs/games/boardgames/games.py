"""The table of OpenSpiel games: parameters, seats, utilities, limits."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

__all__ = ["GAMES", "Game"]

Payoff = Literal["single", "cooperative", "zero-sum", "general-sum"]
Kind = Literal["turns", "joint", "solo", "crowd"]


class Game(NamedTuple):
    """One environment.

    Fields:
        name: of the id.
        game: OpenSpiel's short name, or a game string.
        low, high: the utilities that OpenSpiel's game declares (or, where it declares none, found; see the comment).
        longest: OpenSpiel's longest game, or less: what goes on is cut off and keeps its returns, mostly 0, a draw.
        parameters: of the game, where not its defaults.
        opening: random moves at the start; 0 where chance tells one start from another, or nothing does (see `alike`).
        view: of numbers: "" (as it is), "side" (a plane more), "seat" (flat, with the seat) or a class.
        payoff: as OpenSpiel's game type says.
        seats: number of players.
        kind: which adapter.
        best: what normalises to 1, where known, and why.
        alike: every episode begins and runs alike, whatever the seed.
        note: what tells this variant from the game's plain rules.
        options: further arguments of the adapter.
        twin: the class in `native` that steps many games at once.
    """

    name: str
    game: str
    low: float
    high: float
    longest: int
    parameters: dict[str, Any] = {}
    opening: int = 0
    view: str = "seat"
    payoff: Payoff = "zero-sum"
    seats: int = 2
    kind: Kind = "turns"
    best: tuple[float, str] | None = None
    alike: bool = False
    note: str = ""
    options: dict[str, Any] = {}
    twin: str = ""


_WIN = (1.0, "the most a player can win")
_LIMIT_HOLDEM = (
    "universal_poker(betting=limit,numPlayers=2,numRounds=4,blind=10 5,firstPlayer=2 1 1 1,numSuits=4,numRanks=13,"
    "numHoleCards=2,numBoardCards=0 3 1 1,raiseSize=10 10 20 20,maxRaises=3 4 4 4)"
)  # the ACPC's heads-up limit game: small bet 10, big bet 20
_NO_LIMIT_HOLDEM = (
    "universal_poker(betting=nolimit,numPlayers=2,numRounds=4,blind=100 50,firstPlayer=2 1 1 1,numSuits=4,numRanks=13,"
    "numHoleCards=2,numBoardCards=0 3 1 1,stack=20000 20000,bettingAbstraction=fcpa)"
)  # the ACPC's heads-up no-limit game, stacks of 200 big blinds; raises are the pot or all-in
_CHESS_LIMIT = 2000  # moves; OpenSpiel bounds a game of chess by 17695, random ones last 100 to 1000


def _board(name: str, game: str, longest: int, opening: int = 2, view: str = "side", **more: Any) -> Game:
    """Returns a two-player game that is won, lost or drawn, opened by random moves."""
    return Game(name, game, -1.0, 1.0, longest, opening=opening, view=view, best=_WIN, **more)


def _dealt(name: str, game: str, longest: int, view: str = "seat", **more: Any) -> Game:
    """Returns a two-player game that is won, lost or drawn, and begins with or lives by chance."""
    return Game(name, game, -1.0, 1.0, longest, view=view, best=_WIN, **more)


def _matrix(name: str, game: str, low: float, high: float, payoff: Payoff = "general-sum", **more: Any) -> Game:
    """Returns a game of one joint move."""
    return Game(name, game, low, high, 1, payoff=payoff, kind="joint", alike=True, **more)


def _repeated(name: str, stage: str, low: float, high: float, payoff: Payoff) -> Game:
    """Returns a matrix game of a hundred rounds."""
    string = f"repeated_game(stage_game={stage}(),num_repetitions=100,recall=1)"
    return Game(
        name, string, 100 * low, 100 * high, 100, payoff=payoff, kind="joint", alike=True, note=f" {stage}, 100 rounds."
    )


def _crowd(name: str, game: str, low: float, high: float, best: float) -> Game:
    """Returns one player's part in a mean-field game; bounds and best response are exact, by dynamic programming."""
    return _solo(name, game, low, high, 10, kind="crowd", best=(best, "the best response to the crowd, computed"))


def _solo(name: str, game: str, low: float, high: float, longest: int, **more: Any) -> Game:
    """Returns a game for one player."""
    return Game(name, game, low, high, longest, **{"view": "", "payoff": "single", "seats": 1, "kind": "solo", **more})


GAMES = (
    # The first seven: their parameters and openings may not change
    _board("ConnectFour-v0", "connect_four", 42, 4, "MoverPlanes", twin="ConnectFour"),  # two moves: 49 starts, too few
    _board("TicTacToe-v0", "tic_tac_toe", 9, view="seat"),
    _board("Othello-v0", "othello", 128, 4, ""),
    _board("Breakthrough-v0", "breakthrough", 209, view="seat"),
    _board("Hex5-v0", "hex", 25, view="seat", parameters={"board_size": 5}, note=" On 5x5."),
    Game("KuhnPoker-v0", "kuhn_poker", -2.0, 2.0, 3, view="", best=(2.0, _WIN[1])),
    Game("LeducPoker-v0", "leduc_poker", -13.0, 13.0, 8, view="", best=(13.0, _WIN[1])),
    # Boards without hidden information
    _board("Amazons-v0", "amazons", 300),
    _board("Antichess-v0", "antichess", _CHESS_LIMIT),
    _dealt("Backgammon-v0", "backgammon", 1500, note=" A win counts 1, however high."),
    # hyper_backgammon is left out: open_spiel 2.0.2 returns 0 to both, whoever wins
    _dealt("Banqi-v0", "banqi", 1664),
    _board("Checkers-v0", "checkers", 1000),
    _board("Chess-v0", "chess", _CHESS_LIMIT),
    _board(
        "ChineseCheckers-v0", "chinese_checkers", 600, view="seat", parameters={"max_moves": 300}, note=" 300 moves.",
    ),
    _board("Clobber-v0", "clobber", 29, note=" On 5x6."),
    _board("Crazyhouse-v0", "crazyhouse", _CHESS_LIMIT),
    _board("CursorGo9-v0", "cursor_go", 3402, parameters={"board_size": 9, "max_cursor_moves": 20}, note=" On 9x9."),
    _board("DotsAndBoxes-v0", "dots_and_boxes", 40, parameters={"num_rows": 4, "num_cols": 4}, note=" 4x4 boxes."),
    _dealt("EinsteinWuerfeltNicht-v0", "einstein_wurfelt_nicht", 112),
    _board("Go9-v0", "go", 162, parameters={"board_size": 9}, note=" On 9x9."),
    _board("Go19-v0", "go", 722, note=" On 19x19."),
    _board("Gomoku-v0", "gomoku", 225, view="seat"),
    _board("Havannah-v0", "havannah", 169, note=" Side 8."),
    _board("Hex11-v0", "hex", 121, note=" On 11x11."),
    _board("Hive-v0", "hive", 500),
    _board("LinesOfAction-v0", "lines_of_action", 1000),
    # OpenSpiel declares 3, what the winner among four gets
    Game("Ludo-v0", "maedn", -1.0, 1.0, 1000, best=_WIN, note=" Two players."),
    _board("Mancala-v0", "mancala", 1000, view="seat"),
    _board("Nim-v0", "nim", 16, view="seat"),
    _board("NineMensMorris-v0", "nine_mens_morris", 214),
    _board("Oware-v0", "oware", 1000, view="seat"),
    _board("Pentago-v0", "pentago", 36),
    _dealt("Pig-v0", "pig", 1000),
    _board("Twixt-v0", "twixt", 141, parameters={"board_size": 12, "ansi_color_output": False}, note=" On 12x12."),
    _board("UltimateTicTacToe-v0", "ultimate_tic_tac_toe", 162, view="seat"),
    _board("Xiangqi-v0", "xiangqi", 500),
    _board("Y-v0", "y", 66, parameters={"board_size": 11}, note=" Side 11."),
    _dealt("Yacht-v0", "yacht", 96, note=" Two players; the higher total wins 1."),
    # Boards with hidden information
    Game("Battleship-v0", "battleship", -5.0, 5.0, 110, alike=True),
    _board("DarkChess-v0", "dark_chess", _CHESS_LIMIT, view="seat"),
    _board("DarkHex3-v0", "dark_hex", 17, view="seat", note=" On 3x3."),
    _board("DarkHex4-v0", "dark_hex", 31, view="seat", parameters={"num_rows": 4, "num_cols": 4}, note=" On 4x4."),
    _board("Kriegspiel-v0", "kriegspiel", _CHESS_LIMIT, view="seat"),
    _board("LatentTicTacToe-v0", "latent_ttt", 18),
    _board("PhantomGo9-v0", "phantom_go", 324, view="seat", note=" On 9x9."),
    _board("PhantomTicTacToe-v0", "phantom_ttt", 17, view="seat"),
    _board("ReconBlindChess-v0", "rbc", _CHESS_LIMIT, view="seat"),
    # Cards, dice, bluff
    Game(
        "Bridge-v0", "bridge", -7600.0, 7600.0, 371, {"use_double_dummy_result": False},
        seats=4, note=" All played out.",
    ),
    Game("BridgeBidding-v0", "bridge", -7600.0, 7600.0, 319, seats=4, note=" The play is double dummy's result."),
    Game(
        "BridgeUncontestedBidding-v0", "bridge_uncontested_bidding", -650.0, 1520.0, 36, {"num_redeals": 1},
        payoff="cooperative", options={"seeded_by": "rng_seed"},
    ),
    Game(
        "CrazyEights-v0", "crazy_eights", -544.0, 0.0, 10000, {"players": 2},
        payoff="general-sum", note=" Two players.",
    ),
    Game("CrazyEights5-v0", "crazy_eights", -544.0, 0.0, 10000, payoff="general-sum", seats=5, note=" Five players."),
    Game("Cribbage-v0", "cribbage", -1149.0, 1149.0, 4400, payoff="general-sum", options={"characters": 1000}),
    Game("DouDizhu-v0", "dou_dizhu", -24576.0, 49152.0, 171, seats=3),
    Game("Euchre-v0", "euchre", -4.0, 4.0, 29, seats=4, best=(4.0, _WIN[1])),
    Game("GinRummy-v0", "gin_rummy", -123.0, 123.0, 300),
    _dealt("GoFish-v0", "go_fish", 1040, note=" Two players."),
    *(
        Game(
            f"Hanabi{players}-v0", "hanabi", 0.0, 25.0, longest, {"players": players}, payoff="cooperative",
            seats=players, best=(25.0, "all cards played"), note=f" {players} players.",
        )
        for players, longest in ((2, 118), (3, 123), (4, 124), (5, 128))
    ),
    Game("Hearts-v0", "hearts", 0.0, 36.0, 64, payoff="general-sum", seats=4),
    Game(
        "KuhnPoker3-v0", "kuhn_poker", -2.0, 4.0, 5, {"players": 3}, seats=3,
        note=" Here with three players, four cards.",
    ),
    Game("LeducPoker3-v0", "leduc_poker", -13.0, 26.0, 14, {"players": 3}, seats=3, note=" Here with three players."),
    _dealt("LiarsDice-v0", "liars_dice", 13, note=" One die each."),
    _dealt("LiarsDice2-v0", "liars_dice", 25, parameters={"numdice": 2}, note=" Two dice each."),
    Game("LimitHoldem-v0", _LIMIT_HOLDEM, -240.0, 240.0, 36, note=" Limit betting, bets 10 and 20."),
    Game(
        "NoLimitHoldem-v0", _NO_LIMIT_HOLDEM, -20000.0, 20000.0, 23,
        note=" Fold, call, bet the pot or all-in; 200 big blinds.",
    ),
    Game("OhHell-v0", "oh_hell", 0.0, 27.0, 108, payoff="general-sum", seats=3, note=" Three players."),
    Game("BlockDominoes-v0", "python_block_dominoes", -69.0, 69.0, 28),
    _dealt("LiarsPoker-v0", "python_liars_poker", 400),
    Game("TeamDominoes-v0", "python_team_dominoes", -100.0, 100.0, 28, seats=4),
    Game("RepeatedLeducPoker-v0", "repeated_leduc_poker", -26.0, 26.0, 20),
    Game("Sheriff-v0", "sheriff", -6.0, 6.0, 9, payoff="general-sum", alike=True),
    _dealt("Skat-v0", "skat", 35, seats=3),
    _dealt("SocialDeduction-v0", "social_deduction", 131, seats=6, payoff="general-sum", options={"characters": 8000}),
    Game("Spades-v0", "spades", -430.0, 430.0, 56, payoff="general-sum", seats=4),
    Game(
        "Tarok-v0", "tarok", -500.0, 500.0, 65, payoff="general-sum", seats=3,
        options={"seeded_by": "rng_seed", "characters": 2000},
    ),
    Game("TinyBridge-v0", "tiny_bridge_2p", -40.0, 35.0, 8, payoff="cooperative"),
    Game("TinyBridge4-v0", "tiny_bridge_4p", -160.0, 160.0, 57, seats=4),
    Game("TinyHanabi-v0", "tiny_hanabi", 0.0, 10.0, 2, payoff="cooperative", best=(10.0, "the optimum")),
    # Bargaining, signals, auctions
    Game("Bargaining-v0", "bargaining", 0.0, 10.0, 10, payoff="general-sum"),
    Game("CoinGame-v0", "coin_game", -144.0, 144.0, 20, payoff="general-sum", options={"characters": 200}),
    Game("ColoredTrails-v0", "colored_trails", -400.0, 150.0, 3, payoff="general-sum", seats=3),
    Game("FirstPriceAuction-v0", "first_sealed_auction", 0.0, 10.0, 2, payoff="general-sum", note=" Two bidders."),
    Game("LewisSignaling-v0", "lewis_signaling", 0.0, 1.0, 2, payoff="general-sum", best=(1.0, "always understood")),
    Game("Negotiation-v0", "negotiation", -150.0, 150.0, 20, payoff="general-sum", options={"seeded_by": "rng_seed"}),
    Game("TradeComm-v0", "trade_comm", 0.0, 1.0, 4, payoff="general-sum", best=(1.0, "every trade made")),
    # Simultaneous moves
    _matrix("Blotto-v0", "blotto", -1.0, 1.0, "zero-sum", best=_WIN),
    Game("CaptureTheFlag-v0", "capture_the_flag", -1.0, 1.0, 1000, opening=4, kind="joint", view="side", best=_WIN),
    # Its declared bounds, -1020 to 19980, rounded outwards
    Game("BoxPushing-v0", "coop_box_pushing", -1020.0, 19980.0, 100, payoff="cooperative", kind="joint"),
    Game("Goofspiel-v0", "goofspiel", -1.0, 1.0, 13, kind="joint", best=_WIN, note=" 13 cards, prizes shuffled."),
    Game(
        "Goofspiel3-v0", "goofspiel", -1.0, 1.0, 13, {"players": 3}, kind="joint",
        seats=3, best=_WIN, note=" Three players.",
    ),
    Game(
        "GoofspielImperfect5-v0", "goofspiel", -1.0, 1.0, 5,
        {"imp_info": True, "num_cards": 5, "points_order": "descending"}, kind="joint", alike=True, best=_WIN,
        note=" Five cards, prizes from 5 down, bids stay hidden.",
    ),
    Game("LaserTag-v0", "laser_tag", -1000.0, 1000.0, 1000, payoff="general-sum", kind="joint", view="side"),
    Game("MarkovSoccer-v0", "markov_soccer", -1.0, 1.0, 1000, kind="joint", view="side", best=_WIN),
    _matrix("MatchingPennies3-v0", "matching_pennies_3p", -1.0, 1.0, seats=3),
    _matrix("BachOrStravinsky-v0", "matrix_bos", 0.0, 3.0),
    _matrix("BiasedRockPaperScissors-v0", "matrix_brps", -50.0, 50.0, "zero-sum"),
    _matrix("Chicken-v0", "matrix_cd", 0.0, 4.0),
    _matrix("Coordination-v0", "matrix_coordination", 0.0, 1.0, "cooperative", best=(1.0, "the optimum")),
    _matrix("MatchingPennies-v0", "matrix_mp", -1.0, 1.0, "zero-sum"),
    _matrix("PrisonersDilemma-v0", "matrix_pd", 0.0, 10.0),
    _matrix("RockPaperScissors-v0", "matrix_rps", -1.0, 1.0, "zero-sum"),
    _matrix("RockPaperScissorsWater-v0", "matrix_rpsw", -1.0, 1.0, "zero-sum"),
    _matrix("ShapleysGame-v0", "matrix_shapleys_game", 0.0, 1.0),
    _matrix("StagHunt-v0", "matrix_sh", 0.0, 2.0),
    _repeated("RepeatedPrisonersDilemma-v0", "matrix_pd", 0.0, 10.0, "general-sum"),
    _repeated("RepeatedRockPaperScissors-v0", "matrix_rps", -1.0, 1.0, "zero-sum"),
    _repeated("RepeatedStagHunt-v0", "matrix_sh", 0.0, 2.0, "general-sum"),
    _repeated("RepeatedChicken-v0", "matrix_cd", 0.0, 4.0, "general-sum"),
    Game("OshiZumo-v0", "oshi_zumo", -1.0, 1.0, 1000, kind="joint", alike=True, best=_WIN),
    Game(
        "Pathfinding-v0", "pathfinding", -1.000001, 200.0, 100,
        {"players": 2, "grid": "A.*..b*\n..*....\nB...*a.\n", "horizon": 100},
        payoff="general-sum", kind="joint", view="side",
    ),
    # python_dynamic_routing is left out: its observer shows the last episode's places at the start of the next
    Game("Snake-v0", "snake", 0.0, 98.0, 100, payoff="general-sum", kind="joint", view="side"),
    # One player
    _solo("2048-v0", "2048", 0.0, 20480.0, 8192),
    _solo("Blackjack-v0", "blackjack", -1.0, 1.0, 12),
    _solo("Catch-v0", "catch", -1.0, 1.0, 10, best=(1.0, "every ball caught")),
    # The shortest way takes 9 steps; 99 steps and then the cliff cost 199
    _solo("CliffWalking-v0", "cliff_walking", -199.0, -9.0, 100, best=(-9.0, "the optimum"), alike=True),
    *(
        _solo(
            f"DeepSea{size}-v0", "deep_sea", -0.01, 0.99, size, parameters={"size": size},
            best=(0.99, "the optimum"), alike=True, note=f" Depth {size}.",
        )
        for size in (10, 20, 30)
    ),
    _solo(
        "MorpionSolitaire-v0", "morpion_solitaire", 0.0, 35.0, 35, best=(35.0, "the optimum, 35 lines"),
        alike=True, options={"characters": 200},
    ),
    _solo("Solitaire-v0", "solitaire", 0.0, 3220.0, 150),
    # Its dice are for blobs and magic walls, which this map has none of
    _solo("StonesAndGems-v0", "stones_and_gems", 0.0, 664.0, 600, alike=True),
    # One player in a crowd that moves uniformly at random
    _crowd("CrowdModelling-v0", "mfg_crowd_modelling", 22.1, 33.1, 30.212533),
    _crowd("CrowdModelling2d-v0", "mfg_crowd_modelling_2d", 45.1, 66.1, 60.686479),
    _crowd("CrowdGarnet-v0", "mfg_garnet", 17.2, 34.0, 30.265552),
)  # fmt: skip
