"""The reviewer's console: vault, sync, ledger, cases, pages. It runs on the reviewer's own machine."""
