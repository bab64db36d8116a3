"""How many requests a token may make in a minute: counted in one statement, on an unlogged row of its own."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from uuid import UUID

from django.conf import settings

from collavo import prepared

SECONDS = 60
COUNT_SQL = f"""
INSERT INTO accounts_apirate AS r (token_id, since, used) VALUES (%s, statement_timestamp(), 1)
ON CONFLICT (token_id) DO UPDATE SET
    used = CASE WHEN r.since > statement_timestamp() - interval '{SECONDS} seconds' THEN r.used + 1 ELSE 1 END,
    since = CASE WHEN r.since > statement_timestamp() - interval '{SECONDS} seconds' THEN r.since
                 ELSE statement_timestamp() END
RETURNING used, extract(epoch FROM since - statement_timestamp())::float8 + {SECONDS}
"""  # noqa: S608 (a number of ours)


@dataclass(frozen=True)
class Rate:
    """Where a token stands in its present minute."""

    limit: int
    used: int
    resets_in: int  # seconds

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "X-RateLimit-Reset": str(self.resets_in),
        }


def count(token_id: UUID) -> Rate:
    """Count one request. Call it outside a transaction: else all requests of a token wait for each other."""
    [(used, left)] = prepared.rows(COUNT_SQL, [token_id])
    return Rate(settings.API_RATE_PER_MINUTE, used, max(ceil(left), 1))
