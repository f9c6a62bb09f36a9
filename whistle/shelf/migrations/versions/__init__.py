"""One file per revision, never edited once it was released."""
