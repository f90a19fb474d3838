"""What each game is, in a sentence or two: for the catalogue, and as the first lines of the text view."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["RULES", "Rules"]


class Rules(NamedTuple):
    """A game's rules in short, and the names of two sides where a side is more than its number."""

    text: str
    sides: tuple[str, ...] = ()


_BLACK_WHITE = ("black", "white")
_X_O = ("x", "o")

RULES = {  # OpenSpiel's short name -> rules
    "tic_tac_toe": Rules("Tic-tac-toe: three in a row win. Moves are (row,column).", _X_O),
    "othello": Rules("Othello: most discs at the end win.", ("black (x)", "white (o)")),
    "breakthrough": Rules(
        "Breakthrough: reach the other side's home row, or capture all its pieces. A piece moves one square "
        "straight or diagonally forward and captures diagonally.",
        ("black (b), moving down", "white (w), moving up"),
    ),
    "hex": Rules("Hex: connect your two sides.", ("x, connecting top and bottom", "o, connecting left and right")),
    "kuhn_poker": Rules(
        "Kuhn poker: each of two players antes 1 and holds one of the cards 0, 1, 2; a bet is 1. Shown are your "
        "card and then the moves so far (p pass, b bet).",
        ("the first player", "the second player"),
    ),
    "leduc_poker": Rules(
        "Leduc poker: six cards, ranks 0 to 2 twice (numbered 0 to 5, two of a rank together); a pair with the "
        "public card wins, else the higher rank. Raises are 2, then 4.",
        ("player 0", "player 1"),
    ),
    "connect_four": Rules("Connect Four: pieces fall; four in a line, in any direction, win.", _X_O),
    # Boards, no hidden information
    "amazons": Rules(
        "Amazons: a queen moves, then shoots an arrow that blocks a square for good; who cannot move loses. "
        "A move is made in three steps: which queen, where to, where the arrow lands.",
        ("X", "O"),
    ),
    "antichess": Rules("Antichess: captures are forced; who has no pieces or no move left wins.", _BLACK_WHITE),
    "backgammon": Rules(
        "Backgammon: bring all your checkers home and bear them off before the other. A move names the starting "
        "point and the landing point of each die, in standard notation."
    ),
    "banqi": Rules(
        "Banqi (dark Chinese chess): pieces lie face down; turn one up or move your own; a piece captures one of "
        "equal or lower rank. Who has no move loses."
    ),
    "checkers": Rules("English draughts: captures are forced; who cannot move loses."),
    "chess": Rules("Chess, without agreed draws; moves in standard algebraic notation.", _BLACK_WHITE),
    "chinese_checkers": Rules("Chinese checkers: bring all pieces to the opposite corner by steps and jumps."),
    "clobber": Rules("Clobber: move a piece onto an adjacent enemy piece, which is removed; who cannot move loses."),
    "crazyhouse": Rules("Crazyhouse: chess in which captured pieces change sides and may be dropped.", _BLACK_WHITE),
    "cursor_go": Rules(
        "Go with a cursor: move the cursor by one, place a stone where it is, or pass; most area wins.", _BLACK_WHITE
    ),
    "dots_and_boxes": Rules("Dots and boxes: who draws a box's fourth side owns it and moves again; most boxes win."),
    "einstein_wurfelt_nicht": Rules(
        "EinStein wuerfelt nicht: a die says which of your cubes moves; reach the far corner or take all enemy cubes."
    ),
    "go": Rules("Go: most area wins (Tromp-Taylor scoring, komi 7.5).", _BLACK_WHITE),
    "gomoku": Rules("Gomoku: five in a line win, on 15x15.", _BLACK_WHITE),
    "havannah": Rules("Havannah: make a ring, a bridge of two corners, or a fork of three edges.", ("x", "o")),
    "hive": Rules(
        "Hive: place and move insects; surround the enemy queen bee. Moves in Universal Hive Protocol.",
        ("white", "black"),
    ),
    "lines_of_action": Rules(
        "Lines of Action: a piece moves as far as there are pieces in its line; connect all your pieces.", _X_O
    ),
    "maedn": Rules("Mensch aergere dich nicht (Ludo): roll the die and bring all your pieces home."),
    "mancala": Rules("Kalah: sow the seeds of a pit; who has more seeds in the store at the end wins."),
    "nim": Rules("Nim, misere: take any number from one pile; who takes the last one loses. Piles are 1, 3, 5, 7."),
    "nine_mens_morris": Rules("Nine men's morris: a mill of three takes an enemy man; with two men left one loses."),
    "oware": Rules("Oware: sow the seeds of a house and capture twos and threes; 25 seeds win."),
    "pentago": Rules("Pentago: place a marble, then turn a quadrant; five in a line win.", ("O", "@")),
    "pig": Rules("Pig: roll and add up, or stop and keep; a 1 loses the turn's points; 100 points win."),
    "twixt": Rules(
        "Twixt: pegs a knight's move apart are linked; connect your two sides.",
        ("x, connecting top and bottom", "o, connecting left and right"),
    ),
    "ultimate_tic_tac_toe": Rules(
        "Ultimate tic-tac-toe: your cell names the board that the other must play on; three boards in a row win. "
        "Where any board may be played, its choice is a move of its own.",
        _X_O,
    ),
    "xiangqi": Rules("Xiangqi (Chinese chess): checkmate or stalemate the enemy general.", ("red", "black")),
    "y": Rules("Y: connect all three sides of the triangle.", ("O", "@")),
    "yacht": Rules("Yacht: five dice, up to three rolls a turn, twelve categories; most points win."),
    # Boards with hidden information
    "battleship": Rules(
        "Battleship: place ships, then shoot in turns at the other's board; a ship sunk is worth its value."
    ),
    "dark_chess": Rules("Dark chess: one sees only the squares that own pieces reach; capture the king.", _BLACK_WHITE),
    "dark_hex": Rules(
        "Dark hex: Hex in which the other's stones are not seen; a taken cell costs nothing but tells.",
        ("x, connecting top and bottom", "o, connecting left and right"),
    ),
    "kriegspiel": Rules(
        "Kriegspiel: chess in which only own pieces are seen; an umpire says what is illegal, captures and checks.",
        _BLACK_WHITE,
    ),
    "latent_ttt": Rules("Latent tic-tac-toe: the other's move is shown one turn late.", _X_O),
    "phantom_go": Rules("Phantom Go: Go in which the other's stones are not seen until one tries to play there."),
    "phantom_ttt": Rules("Phantom tic-tac-toe: the other's marks are not seen until one tries the cell.", _X_O),
    "rbc": Rules(
        "Reconnaissance blind chess: each turn sense a 3x3 square, then move; capture the king.", _BLACK_WHITE
    ),
    # Cards, dice, bluff
    "bridge": Rules(
        "Contract bridge: auction, then play of 13 tricks; players 0 and 2 (North, South) against 1 and 3."
    ),
    "bridge_uncontested_bidding": Rules(
        "Bridge bidding without opponents: two partners bid to a contract, scored double dummy against the best one."
    ),
    "crazy_eights": Rules(
        "Crazy eights: match suit or rank; an eight changes the suit; cards left in hand cost points."
    ),
    "cribbage": Rules("Cribbage: keep four cards, play to 31, count hands and crib; 121 points win and earn 1000."),
    "dou_dizhu": Rules("Dou dizhu: one landlord against two; be first to play all cards in legal combinations."),
    "euchre": Rules("Euchre: four players in two partnerships name trumps and play five tricks."),
    "gin_rummy": Rules("Gin rummy: draw and discard, form melds, knock with little deadwood."),
    "go_fish": Rules("Go fish: ask for a rank; four of a rank make a book; most books win."),
    "hanabi": Rules(
        "Hanabi: all see all hands but their own; give hints, discard, and play each colour's cards in order. "
        "The team scores the cards played, nothing when three lives are lost."
    ),
    "hearts": Rules("Hearts: hearts cost a point each, the queen of spades 13; scores are 26 less what one took."),
    "liars_dice": Rules(
        "Liar's dice: bid how many dice of a face lie under both cups (sixes are wild), or call the last bid a lie. "
        "A move is quantity-face, or Liar."
    ),
    "oh_hell": Rules("Oh hell: bid how many tricks you will take; points for tricks and a bonus for the exact bid."),
    "python_block_dominoes": Rules("Block dominoes for two: seven tiles each, no drawing; win the other's pips."),
    "python_liars_poker": Rules("Liar's poker: bid how many of a digit all hidden numbers hold, or challenge."),
    "python_team_dominoes": Rules("Dominoes for two teams of two: players 0 and 2 against 1 and 3; win the pips left."),
    "repeated_leduc_poker": Rules("Leduc poker, two hands one after the other with the seats changed."),
    "sheriff": Rules(
        "Sheriff: a smuggler loads cargo and offers bribes; the sheriff inspects or lets pass.", ("smuggler", "sheriff")
    ),
    "skat": Rules("Skat: three players bid; the winner plays alone against two; 61 card points win."),
    "social_deduction": Rules(
        "Social deduction: one of six players is an imposter; in each round all hear a noisy signal, speak and vote."
    ),
    "spades": Rules("Spades: bid tricks in two partnerships and make the contract; spades are trumps."),
    "tarok": Rules("Slovenian tarok for three: bid for the contract, exchange with the talon, play the tricks."),
    "tiny_bridge_2p": Rules("Tiny bridge: two partners with two cards each of eight bid to a contract of two tricks."),
    "tiny_bridge_4p": Rules("Tiny bridge: two partnerships with two cards each of eight bid for two tricks."),
    "tiny_hanabi": Rules("Tiny Hanabi: each sees a private card and acts once; the payoff depends on all four.", ()),
    "universal_poker": Rules("Texas hold'em for two (heads-up): two hole cards, five board cards."),
    # Bargaining, signals, auctions
    "bargaining": Rules("Bargaining: split a pool of books, hats and balls, each valued privately, within ten offers."),
    "coin_game": Rules(
        "Coin game: each player likes one hidden colour, gains by its coins and loses by the bad colour."
    ),
    "colored_trails": Rules("Colored trails: two proposers offer chips to a responder; chips pave ways to flags."),
    "first_sealed_auction": Rules(
        "First-price sealed-bid auction: each has a private value; the higher bid pays itself."
    ),
    "lewis_signaling": Rules(
        "Lewis signaling: the sender sees a state and sends a message; the receiver's action should match the state.",
        ("the sender", "the receiver"),
    ),
    "negotiation": Rules("Negotiation: agree on a split of items by proposals and cheap talk."),
    "trade_comm": Rules("Trade communication: two players with one item each tell and then trade for the wanted one."),
    # Simultaneous moves
    "blotto": Rules("Colonel Blotto: spread ten coins over three fields; win more fields."),
    "capture_the_flag": Rules(
        "Capture the flag: fetch the other's flag and bring it home; tackled players start anew.",
        ("A, whose flag is a", "B, whose flag is b"),
    ),
    "coop_box_pushing": Rules(
        "Cooperative box pushing: turn, move ahead or stay; the big box, pushed by both, is worth most."
    ),
    "goofspiel": Rules("Goofspiel: bid a card for each prize; the higher bid wins it; most prize points win."),
    "laser_tag": Rules("Laser tag: hit the other with your beam for a point, or be hit.", ("A", "B")),
    "markov_soccer": Rules("Markov soccer: carry the ball into the other's goal.", ("A", "B")),
    "matching_pennies_3p": Rules(
        "Matching pennies for three: 0 wants to match 1, 1 wants to match 2, 2 wants to differ from 0."
    ),
    "matrix_bos": Rules("Bach or Stravinsky: together at Bach pays 3, 2, at Stravinsky 2, 3; apart 0."),
    "matrix_brps": Rules(
        "Biased rock, paper, scissors: rock beats scissors for 50, paper rock for 25, scissors paper for 5."
    ),
    "matrix_cd": Rules("Chicken: dare against chicken pays 4, 1; both chicken 3, 3; both dare 0, 0."),
    "matrix_coordination": Rules("Coordination: the same choice pays both 1, different ones 0."),
    "matrix_mp": Rules("Matching pennies: player 0 wins 1 on the same side, player 1 on different ones."),
    "matrix_pd": Rules("Prisoner's dilemma: both cooperate 5, 5; defect against cooperate 10, 0; both defect 1, 1."),
    "matrix_rps": Rules("Rock, paper, scissors: the winner gets 1 from the loser."),
    "matrix_rpsw": Rules("Rock, paper, scissors, water: as without water, which draws against all."),
    "matrix_sh": Rules("Stag hunt: both stag 2, 2; a hare always 1; stag alone 0."),
    "matrix_shapleys_game": Rules(
        "Shapley's game: rock, paper, scissors in which the winner gets 1 and all else is 0."
    ),
    "oshi_zumo": Rules("Oshi-zumo: bid coins to push the wrestler out on the other's side.", ("player 0", "player 1")),
    "pathfinding": Rules(
        "Pathfinding: two players on a grid; 0 goes to the upper left corner, 1 to the lower left, around the other."
    ),
    "repeated_game": Rules("A matrix game played again and again; both see the last joint action. "),
    "snake": Rules("Snake: two snakes on one grid; eat fruit and do not crash."),
    # One player
    "2048": Rules("2048: slide and merge equal tiles; the score is the sum of merges."),
    "blackjack": Rules("Blackjack against the dealer: hit or stand."),
    "catch": Rules("Catch: move the paddle under the falling ball."),
    "cliff_walking": Rules("Cliff walking: reach the goal in the corner without falling off the cliff; -1 per step."),
    "deep_sea": Rules("Deep sea: only going right at every step finds the treasure; each right costs a little."),
    "mfg_crowd_modelling": Rules("Crowd modelling on a ring: be near the place of interest and away from the crowd."),
    "mfg_crowd_modelling_2d": Rules("Crowd modelling on a grid: be near the middle and away from the crowd."),
    "mfg_garnet": Rules("Mean-field Garnet: a random decision process whose rewards shrink where the crowd is."),
    "morpion_solitaire": Rules(
        "Morpion solitaire (4D): draw lines of four over a cross of dots; the score is lines drawn."
    ),
    "solitaire": Rules("Klondike solitaire: move cards to the foundations; points for progress."),
    "stones_and_gems": Rules("Stones and gems (Boulder Dash): gather gems and leave through the exit within the time."),
}
