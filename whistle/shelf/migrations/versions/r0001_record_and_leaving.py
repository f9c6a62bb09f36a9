"""The first schema: the records, and the places that the next tidy clears."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record",
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("address", sa.LargeBinary, sa.CheckConstraint("length(address) = 32"), nullable=False),
        sa.Column("burn_hash", sa.LargeBinary, sa.CheckConstraint("length(burn_hash) = 32"), nullable=False),
        sa.Column("shelf", sa.Integer, sa.CheckConstraint("shelf IN (0, 1)"), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, sa.CheckConstraint("length(sealed) = 32704"), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("record_by_burn_hash", "record", ["burn_hash"])
    op.create_index("record_by_day", "record", ["day", "shelf"])
    op.create_table("leaving", sa.Column("place", sa.Integer, primary_key=True), sqlite_strict=True)


def downgrade() -> None:
    op.drop_table("leaving")
    op.drop_table("record")
