"""Mail: folders and messages; read, search, write, reply, forward, file away."""
