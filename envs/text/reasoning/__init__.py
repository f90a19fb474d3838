"""Reasoning: reasoning-gym's generated questions with exact graders, answered once or in three tries."""

from __future__ import annotations

from arena import EnvSpec, Needs, Reference, register
from arena.envs.references import measured

_TASK = f"{__name__}.task"
_TRIES = 3

_DATASETS = {  # reasoning-gym's name -> what is asked; by its categories
    "algebra": {
        "complex_arithmetic": "Add, subtract, multiply or divide complex numbers.",
        "intermediate_integration": "Integrate by substitution or by parts.",
        "polynomial_equations": "Solve a polynomial equation of degree one to three.",
        "polynomial_multiplication": "Multiply polynomials.",
        "simple_equations": "Solve a linear equation.",
        "simple_integration": "Integrate a polynomial.",
    },
    "algorithmic": {
        "ab": "Rewrite a row of A#, #A, B# and #B until no rule applies.",
        "base_conversion": "Convert a number between bases 2 to 16.",
        "binary_alternation": "Count the fewest swaps that make a binary text alternate.",
        "binary_matrix": "Give each cell's distance to the nearest 0.",
        "caesar_cipher": "Decipher a text whose letters were shifted.",
        "count_primes": "Count the primes in a range.",
        "cryptarithm": "Find the digits that letters stand for in a sum.",
        "game_of_life": "Play Conway's game of life on.",
        "game_of_life_halting": "Say whether a game of life comes to rest.",
        "graph_color": "Colour a graph with three colours.",
        "group_anagrams": "Group words that are anagrams.",
        "isomorphic_strings": "Say whether one text is the other with its letters replaced.",
        "jugs": "Measure out an amount of water with jugs.",
        "letter_counting": "Count a letter in a text.",
        "letter_jumble": "Restore words whose letters were mixed.",
        "manipulate_matrix": "Rotate, mirror, crop and change a matrix step by step.",
        "number_filtering": "Keep the numbers that fulfil a condition.",
        "number_sorting": "Sort numbers.",
        "palindrome_generation": "Make a palindrome of the given letters.",
        "palindrome_partitioning": "Cut a text into palindromes in every way.",
        "pool_matrix": "Pool a matrix by maximum or average.",
        "ransom_note": "Say whether a note can be made of a magazine's letters.",
        "rotate_matrix": "Rotate a matrix by quarter turns.",
        "rotten_oranges": "Say after how many minutes all oranges are rotten.",
        "sentence_reordering": "Restore the order of a sentence's words.",
        "spell_backward": "Spell a word backward.",
        "spiral_matrix": "Read a matrix in a spiral.",
        "string_insertion": "Insert letters into a text by rules.",
        "string_manipulation": "Change a text by rules until none applies.",
        "string_splitting": "Turn machines into parts by rules, and count what there is at the end.",
        "string_synthesis": "Join blocks by rules, and count what there is at the end.",
        "word_ladder": "Turn one word into another, letter by letter, by way of words.",
        "word_sequence_reversal": "Reverse a row of words.",
        "word_sorting": "Sort words.",
    },
    "arc": {
        "arc_1d": "Infer a rule from examples on one row of colours.",
        "arc_agi": "Infer a rule from examples: ARC-AGI-1's tasks, turned and recoloured.",
        "rearc": "Infer a rule from examples: ARC-AGI-1's tasks, generated anew.",
    },
    "arithmetic": {
        "basic_arithmetic": "Calculate with brackets.",
        "bitwise_arithmetic": "Calculate with shifts in hexadecimal.",
        "calendar_arithmetic": "Count days and name weekdays.",
        "chain_sum": "Add and subtract a row of numbers.",
        "count_bits": "Count the ones of a number in binary.",
        "decimal_arithmetic": "Calculate with decimals to a given precision.",
        "decimal_chain_sum": "Add and subtract a row of decimals.",
        "dice": "Give the probability of a sum of dice.",
        "fraction_simplification": "Reduce a fraction.",
        "gcd": "Give the greatest common divisor.",
        "gsm_symbolic": "Solve a word problem of GSM-Symbolic.",
        "lcm": "Give the least common multiple.",
        "leg_counting": "Count the legs of many animals.",
        "number_format": "Name the largest or smallest of numbers in several notations.",
        "power_function": "Raise a number to a power.",
        "prime_factorization": "Factor a number.",
        "products": "Multiply numbers.",
        "time_intervals": "Give the time between two moments.",
    },
    "code": {"bf": "Say what a program in Brainf*** prints."},
    "cognition": {
        "color_cube_rotation": "Name a side's colour after a cube was turned.",
        "figlet_font": "Read a word in large letters.",
        "modulo_grid": "Find the rule of a grid and fill its gaps.",
        "needle_haystack": "Find a name in a long text.",
        "number_sequence": "Continue a row of numbers.",
        "rectangle_count": "Count drawn rectangles.",
        "rubiks_cube": "Solve a scrambled Rubik's cube; an unsolved one scores its share of right stickers.",
    },
    "games": {
        "boxnet": "Plan for agents on a grid that carry boxes to targets; the score is the share carried.",
        "countdown": "Make a target of all the given numbers.",
        "emoji_mystery": "Decode a sentence hidden in an emoji.",
        "futoshiki": "Solve a Futoshiki.",
        "kakurasu": "Solve a Kakurasu.",
        "knight_swap": "Swap white and black knights, or say that it cannot be done.",
        "mahjong_puzzle": "Say what comes of a row of mahjong-like draws.",
        "maze": "Give the length of the shortest way through a maze.",
        "mini_sudoku": "Solve a 4 by 4 sudoku.",
        "n_queens": "Place the missing queens.",
        "puzzle24": "Make 24 of four numbers.",
        "rush_hour": "Drive the red car out of a traffic jam.",
        "sokoban": "Solve a Sokoban.",
        "sudoku": "Solve a sudoku.",
        "survo": "Solve a Survo puzzle.",
        "tower_of_hanoi": "Move a tower of Hanoi.",
        "tsumego": "Find the move that captures in go.",
    },
    "geometry": {
        "advanced_geometry": "Find an orthocentre, an incircle's radius or an angle of a triangle.",
        "simple_geometry": "Give the last angle of a polygon.",
    },
    "graphs": {
        "course_schedule": "Say whether courses that need one another can all be taken.",
        "family_relationships": "Say how two people are related.",
        "largest_island": "Give the size of the largest island.",
        "path_star": "Find the way from a graph's centre to a leaf.",
        "quantum_lock": "Press buttons to reach a value in the fewest steps.",
        "shortest_path": "Find the shortest way through a grid.",
    },
    "induction": {
        "acre": "Infer which objects set off a detector.",
        "list_functions": "Infer a function on lists from examples.",
    },
    "logic": {
        "aiw": "Count Alice's siblings, friends or colleagues.",
        "circuit_logic": "Give the output of a drawn circuit.",
        "knights_knaves": "Say who always lies and who tells the truth.",
        "propositional_logic": "Draw a conclusion from premises.",
        "self_reference": "Count the solutions of sentences about themselves.",
        "syllogism": "Say whether a conclusion follows.",
        "zebra_puzzles": "Solve a zebra puzzle.",
    },
    "probability": {"coin_flip": "Give the probability of a number of heads."},
}
_LONG_ANSWERS = {"arc_agi": 4000, "palindrome_partitioning": 20_000, "rearc": 4000, "tower_of_hanoi": 10_000}
_RETRIED = (
    "countdown", "cryptarithm", "knights_knaves", "mini_sudoku", "n_queens", "puzzle24", "tower_of_hanoi",
    "word_ladder",
)  # fmt: skip


def _register(name: str, category: str, asked: str, tries: int) -> None:
    env_id = f"reasoning/{name}-v0" if tries == 1 else f"reasoning/{name}-retry-v0"
    register(
        EnvSpec(
            id=env_id,
            random=measured(env_id),
            expert=Reference(1.0, "the optimum: an answer that scores 1 is known for every question"),
            entry_point=f"{_TASK}:Reasoning",
            kwargs={"dataset": name, "tries": tries, "longest": _LONG_ANSWERS.get(name, 2000)},
            domain="text",
            metric="score",
            score_range=(0.0, 1.0),
            failure_score=0.0,
            views={"text/v1": "arena.envs.text.tagged:TaggedView", "oracle": f"{_TASK}:OracleView"},
            oracle="oracle",
            needs=Needs(modules=("reasoning_gym",), get="pip install 'arena-bench[text]'"),
            packages=("reasoning-gym", "sympy", "numpy"),
            tags=("reasoning", category, "one-turn" if tries == 1 else "multi-turn"),
            description=asked if tries == 1 else f"{asked} {tries} tries, each answer's score told.",
            observation="Text: the question; with several tries, also the answers given and their scores.",
            action="Text: the answer alone.",
            reward="What the answer adds to the best score so far, 0 to 1.",
            source="Stojanovski et al. 2025, arXiv 2505.24760, https://github.com/open-thought/reasoning-gym",
        )
    )


for _category, _asked in _DATASETS.items():
    for _name, _what in _asked.items():
        _register(_name, _category, _what, 1)
        if _name in _RETRIED:
            _register(_name, _category, _what, _TRIES)
