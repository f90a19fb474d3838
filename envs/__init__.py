"""The shipped environments, by domain: one file per family, found through entry points like a third party's."""
