"""Who makes things and who judges them."""

from __future__ import annotations

import pytest

from collavo.accounts.models import Membership, Role
from tests.factories import make_member, make_workspace


@pytest.fixture
def creator() -> Membership:
    return make_member(make_workspace(time_zone="Europe/Zurich"), Role.CREATOR, "Mara Weiss")


@pytest.fixture
def reviewer(creator: Membership) -> Membership:
    return make_member(creator.workspace, Role.APPROVER, "Jon Berg")
