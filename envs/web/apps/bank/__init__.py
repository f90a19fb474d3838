"""A bank: accounts, statements, transfers, payees, standing orders."""
