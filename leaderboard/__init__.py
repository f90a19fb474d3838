"""The leaderboard: pure functions of records."""
