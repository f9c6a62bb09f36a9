"""The console's pages, each a thin way from a form to the desk and back."""
