"""The pages for people without JavaScript: a form becomes a call of ``whistle.source``, its answer becomes a page."""
