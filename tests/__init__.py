"""The tests of Whistle: a mirror of the package, beside vectors, journeys and absence."""
