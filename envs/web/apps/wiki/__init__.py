"""A wiki about services, teams and machines: look up, edit, restore, file."""
