"""The static site: pages of a board that open from the file system, with no network and no server."""
