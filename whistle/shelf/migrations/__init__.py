"""The history of the shelf's schema, applied whenever one of its files is opened."""
