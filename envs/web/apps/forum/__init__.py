"""A forum that one moderates: read, write, comment, vote, move, lock, remove, settle reports, ban."""
