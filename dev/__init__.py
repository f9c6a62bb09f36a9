"""What those who work on Whistle start by hand or from the Makefile. Nothing here is part of the package."""
