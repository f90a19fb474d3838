"""Calendar: one's own events, and when colleagues are busy; create, move, change, invite, cancel, find a free time."""
