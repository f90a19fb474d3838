"""Parts of baselines that have one right answer."""
