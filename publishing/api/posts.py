"""The posts dialect: drafts that are edited, scheduled and published, in snake_case and `{"data": …}`.

A draft is a `Wish`. Once it is scheduled or published it has a version (sealed, or in review) and, when that is
approved, a post with the draft's own id. What a platform's drafts may set is said in the platform's folder.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Header, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from approvals.models import Asset, Media, Version
from approvals.states import IllegalMove
from collavo.accounts.models import Scope
from collavo.api.auth import Caller, caller, needs
from collavo.api.errors import ApiError, answers, not_found
from collavo.api.idempotency import Key, Made, creating
from collavo.api.paging import MOST, PAGE, cursor, page
from collavo.api.routing import area
from collavo.api.schemas import Moment, SnakeAnswer, SnakeBody, Text
from connectors.models import tokens_of
from connectors.platforms.api import DraftDialect, Sent
from connectors.platforms.base import Json
from connectors.platforms.registry import PLATFORMS
from publishing import verbs, wishes
from publishing.api import placing
from publishing.api.jobs import cancel
from publishing.api.waiting import preferred, until_known
from publishing.api.wire import ANY_OF_PUBLISHING, sent_post, state, wish_state
from publishing.models import Post, Status, Wish, WishState
from publishing.wishes import Placement

router = area("Posts")
WRITE = needs(Scope.PUBLISH, Scope.SCHEDULE)
DIALECTS: dict[str, DraftDialect] = {key: spec.api.drafts for key, spec in PLATFORMS.items() if spec.api.drafts}
AT, PK = "cursor_created_at", "cursor_id"
Prefer = Annotated[str, Header(alias="Prefer", description="wait=N: how long to wait for the platform's publish id.")]
WAIT = 20  # seconds for the platform to open the publish, where nothing else is preferred


def _platform_fields() -> dict[str, Any]:
    """Every field that some platform's drafts have."""
    found: dict[str, Any] = {}
    for dialect in DIALECTS.values():
        for name, field in dialect.fields.model_fields.items():
            found[name] = (field.annotation, field)
    return found


PLATFORM_FIELDS = _platform_fields()


class DraftBase(SnakeBody):
    """What every draft may set."""

    title: Text | None = Field(None, max_length=200)
    caption: Text | None = Field(None, max_length=10_000)
    media_ids: list[UUID] | None = Field(None, max_length=40, description="From POST /media, in their order.")


STATUS: Any = Literal["draft", "scheduled"] | None
PostDraft: Any = create_model("PostDraft", __base__=DraftBase, __doc__="A new draft.", **PLATFORM_FIELDS)
PostChange: Any = create_model(
    "PostChange", __base__=DraftBase, __doc__="What to change. `status: scheduled` sends it off at `scheduled_at`.",
    status=(STATUS, None), scheduled_at=(Moment | None, None), **PLATFORM_FIELDS,
)  # fmt: skip
PublishDraft: Any = create_model(
    "PublishDraft", __base__=SnakeBody, __doc__="What to set before it goes out now.", **PLATFORM_FIELDS
)


class PostAnswer(SnakeAnswer):
    """A draft, or the post that it has become."""

    model_config = ConfigDict(extra="forbid")
    id: UUID
    status: str = Field(description="draft, awaiting_approval, scheduled, queued, publishing, processing, "
                        "awaiting_creator, unconfirmed, posted, failed or canceled.")  # fmt: skip
    title: str
    caption: str
    media_ids: list[UUID]
    account_id: UUID | None
    settings: dict[str, Any] = Field(description="What was set of the platform's fields.")
    scheduled_at: Moment | None
    posted_at: Moment | None = Field(description="Only once the platform says that it is live.")
    permalink: str | None
    error: str | None
    created_at: Moment


class OnePost(SnakeAnswer):
    data: PostAnswer


class PostsCursor(SnakeAnswer):
    cursor_created_at: Moment
    cursor_id: UUID


class ManyPosts(SnakeAnswer):
    data: list[PostAnswer]
    next_cursor: PostsCursor | None


class PublishId(SnakeAnswer):
    publish_id: str | None = Field(description="The platform's own id of the publish; null while there is none.")


class Published(SnakeAnswer):
    data: PublishId


def _status_model() -> Any:
    words = {d.status_field: (str | None, None) for d in DIALECTS.values()}
    inner: Any = create_model(
        "PublishStatus", __base__=SnakeAnswer, publish_id=(str | None, ...), status=(str, ...), **words
    )  # type: ignore[call-overload]
    return create_model("PublishStatusAnswer", __base__=SnakeAnswer, data=(inner, ...)), inner


PublishStatusAnswer, PublishStatus = _status_model()


class Deleted(SnakeAnswer):
    id: UUID
    deleted: bool


class DeletedPost(SnakeAnswer):
    data: Deleted


# --- Rows ------------------------------------------------------------------------------------------------------------


def rows() -> Any:
    parts = Wish.objects.select_related("connector", "version__asset", "version__workspace", "post__version")
    return parts.defer(*tokens_of("connector")).filter(listed=True)


def one(who: Caller, pk: UUID, *, lock: bool = False) -> Wish:
    """A draft of its workspace. Locked: nobody else changes it in this transaction."""
    found = rows().select_for_update(of=("self",)) if lock else rows()
    wish: Wish | None = who.rows(found).filter(pk=pk).first()
    if wish is None:
        raise not_found("post")
    if wish.connector_id:
        who.require_connector(wish.connector_id)
    return wish


def shown(wish: Wish) -> PostAnswer:
    post = wish.post
    told = state(post) if post else wish_state(wish)
    return PostAnswer(
        id=wish.pk, status="posted" if told == "succeeded" else told, title=wish.title, caption=wish.caption,
        media_ids=wish.media_ids, account_id=wish.connector_id, settings=wish.said,
        scheduled_at=post.scheduled_at if post else wish.scheduled_at, posted_at=post.published_at if post else None,
        permalink=(post.url or None) if post else None, error=(post.error if post else wish.error) or None,
        created_at=wish.created_at,
    )  # fmt: skip


# --- Drafts ----------------------------------------------------------------------------------------------------------


@router.post("/posts", auth=WRITE, response=answers({201: OnePost}), operation_id="createPost")
@creating
def create_post(request: HttpRequest, body: PostDraft, key: Key = None) -> Made:
    """A draft. Nothing goes out before it is scheduled or published."""
    who = caller(request)
    wish = Wish(workspace=who.workspace, listed=True, by=who.user)
    _fill(wish, body, who)
    wish.save()
    wish.refresh_from_db(fields=["created_at"])
    return Made(201, OnePost(data=shown(wish)), headers={"Location": f"/api/v1/posts/{wish.pk}"})


@router.get("/posts", auth=needs(*ANY_OF_PUBLISHING), response=answers({200: ManyPosts}), operation_id="posts")
def posts(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    at: Annotated[Moment | None, Query(alias=AT)] = None,
    pk: Annotated[UUID | None, Query(alias=PK)] = None,
) -> ManyPosts:
    """Drafts and what became of them, newest first."""
    who = caller(request)
    found = rows()
    if who.token.connector_ids:
        found = found.filter(connector_id__in=who.token.connector_ids) | found.filter(connector=None)
    listed = page(who.rows(found), cursor(at, pk, names=(AT, PK)), limit)
    behind = PostsCursor(cursor_created_at=listed.next.at, cursor_id=listed.next.pk) if listed.next else None
    return ManyPosts(data=[shown(wish) for wish in listed.rows], next_cursor=behind)


@router.get("/posts/{post_id}", auth=needs(*ANY_OF_PUBLISHING), response=answers({200: OnePost}), operation_id="post")
def post(request: HttpRequest, post_id: UUID) -> OnePost:
    """One draft, or the post that it has become."""
    return OnePost(data=shown(one(caller(request), post_id)))


@router.patch("/posts/{post_id}", auth=WRITE, response=answers({200: OnePost}), operation_id="changePost")
def change_post(request: HttpRequest, post_id: UUID, body: PostChange) -> OnePost:
    """Change a draft, schedule it (`status: scheduled`), move it to another moment, or make it a draft again."""
    who = caller(request)
    _ask(who, post_id, body)
    with transaction.atomic():
        wish = one(who, post_id, lock=True)
        said = body.model_fields_set
        if _only_moves(wish, said):
            _move(wish, body, who)
        else:
            _back_to_draft(wish, who)
            _fill(wish, body, who)
            _after_change(wish, body, who)
        wish = one(who, post_id)
    return OnePost(data=shown(wish))


@router.delete("/posts/{post_id}", auth=WRITE, response=answers({200: DeletedPost}), operation_id="deletePost")
def delete_post(request: HttpRequest, post_id: UUID) -> DeletedPost:
    """Delete a draft; what is scheduled is canceled first. 409 once it has started or ended."""
    who = caller(request)
    with transaction.atomic():
        wish = one(who, post_id, lock=True)
        _back_to_draft(wish, who)
        wish.listed = False
        wish.state, wish.error_code = WishState.ENDED, "canceled"
        wish.save(update_fields=["listed", "state", "error_code", "updated_at"])
    return DeletedPost(data=Deleted(id=post_id, deleted=True))


def _ask(who: Caller, pk: UUID, body: BaseModel) -> None:
    """Of the account that is named here, or was before, its platform is asked before anything is locked."""
    said = body.model_dump(exclude_none=True)
    named = next((said[d.account_field] for d in DIALECTS.values() if d.account_field in said), None)
    if found := named or one(who, pk).connector_id:
        placing.ask(who, found)


def _fill(wish: Wish, body: BaseModel, who: Caller) -> None:
    """Take what was sent. Media and accounts have to be the workspace's."""
    said = body.model_dump(exclude_unset=True, mode="json")
    for name in ("title", "caption"):
        if name in said:
            setattr(wish, name, said[name] or "")
    if "media_ids" in said:
        placing.media(who, [UUID(pk) for pk in said["media_ids"] or []], hold=False)
        wish.media_ids = said["media_ids"] or []
    _take_settings(wish, {name: value for name, value in said.items() if name in PLATFORM_FIELDS}, who)


def _take_settings(wish: Wish, said: dict[str, Json], who: Caller) -> None:
    settings = dict(wish.said) | said
    for dialect in DIALECTS.values():
        account = settings.pop(dialect.account_field, None)
        if account:
            found = placing.account(who, UUID(str(account)))
            _require_dialect(found.platform, dialect)
            wish.connector = found
        elif dialect.account_field in said:
            wish.connector = None
    wish.said = {name: value for name, value in settings.items() if value is not None}


def _require_dialect(platform: str, dialect: DraftDialect) -> None:
    if DIALECTS.get(platform) is not dialect:
        text = gettext("%(field)s: That account is on another platform.") % {"field": dialect.account_field}
        raise ApiError(
            422, "invalid", text, fields={dialect.account_field: gettext("That account is on another platform.")}
        )


# --- On its way ------------------------------------------------------------------------------------------------------


def _only_moves(wish: Wish, said: set[str]) -> bool:
    return wish.post is not None and wish.post.status == Status.SCHEDULED and said <= {"scheduled_at", "status"}


def _move(wish: Wish, body: Any, who: Caller) -> None:
    if body.status == "draft":
        _back_to_draft(wish, who)
    elif body.scheduled_at and wish.post:
        who.require(Scope.SCHEDULE)
        placing.require_moment(body.scheduled_at, "scheduled_at", None)
        verbs.reschedule(wish.post, at=body.scheduled_at, by=who.member)


def _back_to_draft(wish: Wish, who: Caller) -> None:
    """Take back what is planned or awaits approval. IllegalMove once it has started or ended otherwise."""
    if wish.state == WishState.WAITING:
        wishes.withdraw(wish, by=who.member)
    elif wish.post and wish.post.status not in (Status.CANCELED, Status.FAILED):
        cancel(wish.post, who)
    elif wish.post and wish.post.status == Status.FAILED:
        verbs.cancel(wish.post, by=who.member)
    wish.state, wish.post, wish.scheduled_at, wish.error, wish.error_code = WishState.DRAFT, None, None, "", ""
    wish.save()


def _after_change(wish: Wish, body: Any, who: Caller) -> None:
    wish.save()
    if body.status == "scheduled":
        if body.scheduled_at is None:
            text = "scheduled_at is required beside status: scheduled."
            raise ApiError(422, "invalid", text, fields={"scheduled_at": gettext("This field is required.")})
        who.require(Scope.SCHEDULE)
        placing.require_moment(body.scheduled_at, "scheduled_at", None)
        if wish.connector:
            placing.require_scheduling(wish.connector)
        _send(wish, body.scheduled_at, who)
    elif body.scheduled_at is not None:
        text = "scheduled_at comes with status: scheduled."
        raise ApiError(422, "invalid", text, fields={"scheduled_at": text})


def _send(wish: Wish, at: Any, who: Caller) -> None:
    """Content into a version, accepted where its person may, and a post of it; or the wish awaits its approval."""
    dialect = _ready(wish)
    options = dialect.options(wish.said)
    connector = placing.account(who, _connector(wish).pk)
    where = Placement(connector, at, options)
    media = placing.media(who, wish.media_ids)
    version = _version(wish, media, dialect, who)
    order = placing.Order(who, where, lambda: version)
    placed = order.place_as(wish)
    if isinstance(placed, Post):
        wish.state, wish.post = WishState.PLACED, placed
    Wish.objects.filter(pk=wish.pk).update(
        state=wish.state, post=wish.post, version=version, scheduled_at=at, options=options
    )  # fmt: skip


def _connector(wish: Wish) -> Any:
    if wish.connector is None:
        raise LookupError("`_ready` has looked.")
    return wish.connector


def _ready(wish: Wish) -> DraftDialect:
    """The dialect of its account. 422 for what is missing before it can go out."""
    said, fields = wish.said, {}
    if wish.connector is None:
        fields = {dialect.account_field: gettext("This field is required.") for dialect in DIALECTS.values()}
    else:
        dialect = DIALECTS[wish.connector.platform]
        wanted = () if said.get("mode") == "inbox" else dialect.required
        fields = {name: gettext("This field is required; it has no default.") for name in wanted if not said.get(name)}
    if not wish.media_ids:
        fields["media_ids"] = gettext("This field is required.")
    if fields:
        message = " ".join(f"{name}: {text}" for name, text in fields.items())
        raise ApiError(422, "invalid", message, fields=fields)
    return dialect


def _version(wish: Wish, media: list[Media], dialect: DraftDialect, who: Caller) -> Version:
    """The next round of the draft's asset, or its first."""
    format = dialect.carousel if len(media) > 1 else dialect.formats[media[0].kind]
    if wish.version is None:
        return wishes.make_version(media, caption=wish.caption, format=format, by=who.member, title=wish.title)
    asset = Asset.objects.get(pk=wish.version.asset_id)
    return asset.submit(caption=wish.caption, media=media, format=format, by=who.member)


# --- Now -------------------------------------------------------------------------------------------------------------


@router.post("/posts/{post_id}/publish", auth=needs(Scope.PUBLISH), response=answers({200: Published}),
             operation_id="publishPost")  # fmt: skip
@creating(before=lambda request, post_id, body, **_: _ask(caller(request), post_id, body))
def publish_post(
    request: HttpRequest,
    post_id: UUID,
    body: PublishDraft,
    prefer: Prefer = "",
    key: Key = None,
) -> Made:
    """Send it now: a draft, or what is scheduled. The post is `posted` once the platform says that it is live."""
    who = caller(request)
    wish = one(who, post_id, lock=True)
    if wish.post is not None and wish.post.status in (Status.SCHEDULED, Status.QUEUED):
        _require_unchanged(body)
        verbs.send_now(wish.post, by=who.member)
    elif wish.state == WishState.WAITING or (wish.post and wish.post.status != Status.CANCELED):
        raise IllegalMove(
            gettext("It cannot be published now: it is %(status)s.") % {"status": shown(wish).status.replace("_", " ")}
        )
    else:
        _back_to_draft(wish, who)
        _fill(wish, body, who)
        wish.save()
        _send(wish, None, who)
    seconds = preferred(prefer, WAIT)

    def later() -> Made:
        found = one(who, post_id)
        if found.post:
            until_known(found.post.pk, seconds, enough=lambda post: bool(_publish_id(sent_post(post))))
        return _published(one(who, post_id))

    return Made(200, _published(wish).answer, later)


def _require_unchanged(body: BaseModel) -> None:
    if body.model_fields_set:
        raise IllegalMove(gettext("It is scheduled as it is. Change it with PATCH, or publish it without fields."))


def _published(wish: Wish) -> Made:
    found = _publish_id(sent_post(wish.post)) if wish.post else ""
    return Made(200, Published(data=PublishId(publish_id=found or None)))


def _publish_id(told: Sent) -> str:
    """In the words of whichever platform's journal it is."""
    return next(filter(None, (dialect.publish_id(told) for dialect in DIALECTS.values())), "")


@router.get("/posts/{post_id}/publish-status", auth=needs(*ANY_OF_PUBLISHING),
            response=answers({200: PublishStatusAnswer}), operation_id="postPublishStatus")  # fmt: skip
def publish_status(request: HttpRequest, post_id: UUID) -> Any:
    """Where the platform stands with it. 404 when it was never sent off."""
    wish = one(caller(request), post_id)
    if wish.post is None or wish.connector is None:
        raise not_found("publish record")
    told, dialect = sent_post(wish.post), DIALECTS[wish.connector.platform]
    status = "posted" if told.status == "succeeded" else told.status
    words = {dialect.status_field: dialect.remote_status(told) if _begun(wish.post) else None}
    found = PublishStatus(publish_id=dialect.publish_id(told) or None, status=status, **words)
    return PublishStatusAnswer(data=found)


def _begun(found: Post) -> bool:
    return bool(found.journal) or found.status == Status.PUBLISHED
