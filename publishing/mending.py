"""What the format studio can mend of what keeps content from going out, laid beside the check that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from approvals.models import Version
from approvals.studios.fixes import MENDABLE, fix
from connectors.models import Connector
from publishing.preflight import Check


def with_fix(checks: Sequence[Check], version: Version, connector: Connector) -> list[Check]:
    """The checks, the first that a new version would mend with what that would be. No query beyond the version's parts.

    For pages: a claim has no use for it, so `preflight` does not look for one.
    """
    first = next((i for i, check in enumerate(checks) if check.blocks and check.code in MENDABLE), None)
    if first is None or version.asset.discarded:
        return list(checks)
    found = fix(version.content(), connector.spec.rules, connector.platform)
    mended = [replace(check, fix=found) if i == first else check for i, check in enumerate(checks)]
    return mended if found else list(checks)
