"""A host of code: repositories with issues, labels, pull requests, reviews, merges."""
