"""Cases and assets come into being here, whoever asks: a form or a program."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import Asset, Case, Slot
from approvals.states import IllegalMove
from collavo.accounts.models import Ability, Membership, User
from collavo.timeline.models import record


def open_case(*, name: str, brand: str = "", creator: User | None = None, by: Membership) -> Case:
    """A new case and its first line of history. `creator` is one of the workspace's people."""
    by.require(Ability.CREATE)
    _require_member(creator, by)
    with transaction.atomic():
        case = Case.objects.create(workspace=by.workspace, name=name, brand=brand, creator=creator)
        record(case, "opened", by=by.user)
    return case


def begin_asset(
    case: Case, *, title: str, slot: Slot | None = None, creator: User | None = None, by: Membership
) -> Asset:
    """An asset that nothing was made for yet. Whoever begins it is its creator unless another is named."""
    by.require(Ability.CREATE, at=case.workspace_id)
    if slot and slot.case_id != case.pk:
        raise IllegalMove(_("This slot belongs to another case. Choose that case, or another slot."))
    _require_member(creator, by)
    return Asset.objects.create(workspace=by.workspace, case=case, slot=slot, title=title, creator=creator or by.user)


def _require_member(person: User | None, by: Membership) -> None:
    if person and not person.memberships.filter(workspace=by.workspace).exists():
        raise PermissionDenied(_("%(name)s does not belong to this workspace.") % {"name": person})
