"""Alembic's way in: runs the revisions on the connection that whistle.shelf.sqlite hands over."""

from alembic import context

from whistle.shelf.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
