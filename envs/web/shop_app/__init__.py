"""The shop: a small web application (catalogue, pages), a browser for it, tasks, and the environment made of them."""
