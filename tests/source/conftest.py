from tests.source.stage import stage

__all__ = ["stage"]
