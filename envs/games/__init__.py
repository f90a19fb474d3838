"""Games: grid worlds, open worlds, board games, particles."""
