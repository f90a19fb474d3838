"""Web: small real web applications of our own."""
