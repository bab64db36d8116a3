"""Cases and slots: what content is made for, as far as programs need them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from approvals import making, slots
from approvals.api.wire import CaseAnswer, SlotAnswer, case_answer, slot_answer
from approvals.models import Case, Slot
from collavo.accounts.models import Scope, User
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import answers, invalid, not_found
from collavo.api.idempotency import Made, creating
from collavo.api.paging import MOST, PAGE, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Answer, Body, Moment, Text
from connectors.models import Connector
from connectors.platforms.base import Format

router = area("Cases")
READING = (Scope.READ, Scope.MEDIA, Scope.REVIEW)
CASE_CURSOR = ("cursorCreatedAt", "cursorCaseId")
SLOT_CURSOR = ("cursorStartsAt", "cursorSlotId")


class NewCase(Body):
    name: Text = Field(min_length=1, max_length=200)
    brand: Text = Field("", max_length=200)
    creator_id: UUID | None = Field(None, description="One of the workspace's people.")


class NewSlot(Body):
    case_id: UUID
    starts_at: Moment
    connector_id: UUID | None = Field(None, description="The account it is for; or name a `channel`.")
    channel: Text | None = Field(None, description="A platform's key, where no account is linked yet.")
    format: Format
    angle: Text = Field("", max_length=200)


class CaseCursor(Answer):
    """Send both along to get the page behind."""

    cursor_created_at: Moment
    cursor_case_id: UUID


class CasePage(Answer):
    items: list[CaseAnswer]
    next_cursor: CaseCursor | None


class SlotCursor(Answer):
    """Send both along to get the page behind."""

    cursor_starts_at: Moment
    cursor_slot_id: UUID


class SlotPage(Answer):
    items: list[SlotAnswer]
    next_cursor: SlotCursor | None


@router.post("/cases", auth=needs(Scope.MEDIA), response=answers({201: CaseAnswer}), operation_id="openCase")
@creating
def open_case(request: HttpRequest, body: NewCase) -> Made:
    """Open a case."""
    who = caller(request)
    creator = person(who, body.creator_id)
    return Made(201, case_answer(making.open_case(name=body.name, brand=body.brand, creator=creator, by=who.member)))


@router.get("/cases", auth=needs(*READING), response=answers({200: CasePage}), operation_id="listCases")
def list_cases(
    request: HttpRequest,
    cursor_created_at: Annotated[Moment | None, Query(alias=CASE_CURSOR[0])] = None,
    cursor_case_id: Annotated[UUID | None, Query(alias=CASE_CURSOR[1])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> CasePage:
    """The cases of the workspace, newest first."""
    found = caller(request).rows(Case.objects.select_related("creator"))
    shown = page(found, cursor(cursor_created_at, cursor_case_id, names=CASE_CURSOR), limit)
    behind = CaseCursor(cursor_created_at=shown.next.at, cursor_case_id=shown.next.pk) if shown.next else None
    return CasePage(items=[case_answer(case) for case in shown.rows], next_cursor=behind)


@router.get("/cases/{uuid:case_id}", auth=needs(*READING), response=answers({200: CaseAnswer}), operation_id="case")
def get_case(request: HttpRequest, case_id: UUID) -> CaseAnswer:
    """One case."""
    return case_answer(caller(request).one(Case.objects.select_related("creator"), case_id, "case"))


@router.post("/slots", auth=needs(Scope.MEDIA), response=answers({201: SlotAnswer}), operation_id="planSlot")
@creating
def plan_slot(request: HttpRequest, body: NewSlot) -> Made:
    """Put a slot on the calendar: for an account, or for a platform where none is linked yet."""
    who = caller(request)
    case = who.one(Case.objects.all(), body.case_id, "case")
    if bool(body.connector_id) == bool(body.channel):
        raise invalid("connectorId", _("Name the account, or a channel where none is linked yet; one of both."))
    if body.connector_id:
        who.one(Connector.objects.without_tokens(), body.connector_id, "account", connector="pk")
    slot = slots.plan(
        case, at=body.starts_at, channel=str(body.connector_id or body.channel), format=body.format.value,
        angle=body.angle, by=who.member,
    )  # fmt: skip
    return Made(201, slot_answer(slot))


@router.get("/slots", auth=needs(*READING), response=answers({200: SlotPage}), operation_id="listSlots")
def list_slots(
    request: HttpRequest,
    case_id: Annotated[UUID | None, Query(alias="caseId")] = None,
    starts_after: Annotated[Moment | None, Query(alias="startsAfter")] = None,
    starts_before: Annotated[Moment | None, Query(alias="startsBefore")] = None,
    cursor_starts_at: Annotated[Moment | None, Query(alias=SLOT_CURSOR[0])] = None,
    cursor_slot_id: Annotated[UUID | None, Query(alias=SLOT_CURSOR[1])] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> SlotPage:
    """The slots of the workspace in their order, soonest first."""
    wanted = {"case": case_id, "starts_at__gte": starts_after, "starts_at__lt": starts_before}
    found = caller(request).rows(Slot.objects.filter(**{k: v for k, v in wanted.items() if v is not None}))
    behind = cursor(cursor_starts_at, cursor_slot_id, names=SLOT_CURSOR)
    shown = page(found, behind, limit, by="starts_at", newest_first=False)
    following = SlotCursor(cursor_starts_at=shown.next.at, cursor_slot_id=shown.next.pk) if shown.next else None
    return SlotPage(items=[slot_answer(slot) for slot in shown.rows], next_cursor=following)


@router.get("/slots/{uuid:slot_id}", auth=needs(*READING), response=answers({200: SlotAnswer}), operation_id="slot")
def get_slot(request: HttpRequest, slot_id: UUID) -> SlotAnswer:
    """One slot."""
    return slot_answer(caller(request).one(Slot.objects.all(), slot_id, "slot"))


def person(who: Caller, pk: UUID | None) -> User | None:
    """One of the workspace's people; 404 for anybody else."""
    if pk is None:
        return None
    found = User.objects.filter(pk=pk, memberships__workspace=who.workspace).first()
    if found is None:
        raise not_found("person")
    return found
