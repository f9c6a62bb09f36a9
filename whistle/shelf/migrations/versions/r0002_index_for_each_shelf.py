"""An index of days for each shelf, where it is asked for: that of the chunks only in the file where they rest."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("record_by_day", "record")
    op.create_index("message_by_day", "record", ["day"], sqlite_where=sa.text("shelf = 0"))
    if context.config.attributes["rests_chunks"]:
        op.create_index("chunk_by_day", "record", ["day"], sqlite_where=sa.text("shelf = 1"))


def downgrade() -> None:
    if context.config.attributes["rests_chunks"]:
        op.drop_index("chunk_by_day", "record")
    op.drop_index("message_by_day", "record")
    op.create_index("record_by_day", "record", ["day", "shelf"])
