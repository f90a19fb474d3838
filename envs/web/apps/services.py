"""The services that the company runs: the wiki has a page about each, the code host the code of some."""

from __future__ import annotations

__all__ = ["SERVICES"]

SERVICES = ("Aurora", "Beacon", "Cobalt", "Drift", "Ember", "Falcon", "Glacier", "Harbor", "Iris", "Juniper")
