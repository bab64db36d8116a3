"""How a post gets to Instagram: containers, waiting, one publish.

Containers are invisible and may be made again; `media_publish` is the commit. What became of a commit whose answer
is not clean is found out in `reconcile`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Account,
    Content,
    Delivery,
    Done,
    Format,
    Json,
    Live,
    Medium,
    NotNow,
    PlatformError,
    Rejected,
    Step,
    StepResult,
    Usage,
    Verdict,
    Wait,
)
from connectors.platforms.instagram import errors, journal, options
from connectors.platforms.instagram.client import ContainerStatus, GraphClient
from connectors.platforms.instagram.matching import moment, shortcode, story_id
from connectors.platforms.instagram.reconcile import reconcile
from connectors.platforms.instagram.rules import wire_caption
from connectors.platforms.instagram.seeking import seek

# A first look at once, then after these seconds; the last one repeats. Meta's guide says once a minute, its own sample
# every 3 s. A look costs a call of the account's budget, so they thin out.
POLL_SECONDS = (5, 10, 20, 25, 30, 60)
PICTURE_POLL_SECONDS = (1, *POLL_SECONDS)
LATE = timedelta(seconds=10)  # so much later than planned a look is made up for at the next one
POLLS_MAX = 63  # about an hour
FIND_WITHIN = timedelta(days=14)  # how far back a link that a person gives is looked for
PROCESSING = gettext_noop("Instagram is processing.")


class InstagramPublisher:
    """One account's publisher. Its calls go through `client`, which knows the lease."""

    def __init__(self, account: Account, client: GraphClient) -> None:
        self._account = account
        self._client = client

    def steps(self, content: Content) -> Sequence[Step]:
        """Rejected for a format that goes out by hand or not at all."""
        if content.format == Format.CAROUSEL:
            return [*self._slides(content), *self._finish(self._make_carousel)]
        if content.format in {Format.IMAGE, Format.REEL, Format.STORY}:
            return self._finish(self._make_single)
        raise Rejected(
            _("Collavo cannot post a %(format)s to Instagram. Choose another format.") % {"format": content.format},
            code="format",
        )

    def reconcile(self, delivery: Delivery) -> Verdict:
        return reconcile(delivery, self._client, self._account)

    def link(self, remote_id: str) -> str:
        return self._client.permalink(remote_id)

    def find(self, url: str) -> Live | None:
        """By the shortcode in the link, among the account's posts of the last two weeks, or among its live stories."""
        if story := story_id(url):
            return self._find_story(story)
        wanted = shortcode(url)
        listed = self._client.posts_since(self._account.remote_id, timezone.now() - FIND_WITHIN)
        for row in listed.posts:
            link = row.get("permalink")
            if wanted and isinstance(link, str) and shortcode(link) == wanted:
                return Live(str(row["id"]), link, moment(row.get("timestamp")))
        return None

    def _find_story(self, wanted: str) -> Live | None:
        """Among the live ones, by the id in its address: ours and the address's may be two."""
        for row in self._client.stories(self._account.remote_id).posts:
            link = row.get("permalink")
            if isinstance(link, str) and story_id(link) == wanted:
                return Live(str(row["id"]), link, moment(row.get("timestamp")))
        return None

    def seek(self, content: Content, since: datetime, bound: frozenset[str]) -> Live | None:
        return seek(content, since, bound, self._client, self._account)

    def usage(self) -> Usage | None:
        """None also when the account may not read it: then the rules' own figure has to do."""
        try:
            limit = self._client.publishing_limit(self._account.remote_id)
        except PlatformError as e:
            if errors.is_dead(e):
                raise
            return None
        return _usage(limit)

    # Which steps

    def _slides(self, content: Content) -> list[Step]:
        count = len(content.media)
        slides = [
            Step(
                journal.child(i),
                _("Handing slide %(number)s of %(count)s to Instagram") % {"number": i + 1, "count": count},
                partial(self._make_slide, i),
            )
            for i in range(count)
        ]
        return [*slides, Step(journal.CHILDREN, _("Instagram is processing the slides"), self._await_slides)]

    def _finish(self, make: Callable[[Delivery], StepResult]) -> list[Step]:
        return [
            Step(journal.CONTAINER, _("Handing the post to Instagram"), make),
            Step(journal.READY, _("Instagram is processing"), self._await_container),
            Step(journal.PUBLISH, _("Publishing"), self._publish, commit=True),
        ]

    # Making containers

    def _make_single(self, delivery: Delivery) -> StepResult:
        content, medium = delivery.content, delivery.content.media[0]
        if content.format == Format.STORY:  # it has no caption, no alternative text and no options
            return self._make({"media_type": "STORIES", **_source(medium)})
        kind: dict[str, Json] = {"media_type": "REELS"} if content.format == Format.REEL else _alt_text(medium)
        return self._make({**kind, **_source(medium), **_caption(content), **options.parameters(content)})

    def _make_slide(self, index: int, delivery: Delivery) -> StepResult:
        medium = delivery.content.media[index]
        kind: dict[str, Json] = {"media_type": "VIDEO"} if medium.kind == "video" else _alt_text(medium)
        tags = options.tags_of(delivery.content, index)
        tagged: dict[str, Json] = {"user_tags": tags} if tags else {}
        try:
            return self._make({**kind, **_source(medium), "is_carousel_item": True, **tagged})
        except PlatformError as e:
            raise _of_slide(index, e) from None

    def _make_carousel(self, delivery: Delivery) -> StepResult:
        content = delivery.content
        slides = [journal.needed(delivery.journal, journal.child(i)).id for i in range(len(content.media))]
        return self._make(
            {
                "media_type": "CAROUSEL",
                "children": ",".join(slides),
                **_caption(content),
                **options.parameters(content),
            }
        )

    def _make(self, parameters: dict[str, Json]) -> Done:
        container = self._client.create_container(self._account.remote_id, parameters)
        return Done(journal.Made(container, timezone.now()).entry())

    # Waiting

    def _await_slides(self, delivery: Delivery) -> StepResult:
        """Ask for every slide that was not finished yet. One that failed is made again, and only that one."""
        known = delivery.journal.get(journal.DONE_CHILDREN)
        finished: list[Json] = list(known) if isinstance(known, list) else []
        for index in range(len(delivery.content.media)):
            container = journal.needed(delivery.journal, journal.child(index)).id
            if container in finished:
                continue
            if self._slide_is_ready(index, container):
                finished.append(container)
        if len(finished) == len(delivery.content.media):
            return Done()
        return _wait(journal.CHILDREN, delivery, {journal.DONE_CHILDREN: finished})

    def _slide_is_ready(self, index: int, container: str) -> bool:
        status = self._status(container)
        if error := _failure(status):
            raise _of_slide(index, error, drop=journal.child_entries(index))
        return status.code in {"FINISHED", "PUBLISHED"}

    def _await_container(self, delivery: Delivery) -> StepResult:
        status = self._status(journal.needed(delivery.journal, journal.CONTAINER).id)
        if status.code == "FINISHED":
            return Done()
        if status.code == "PUBLISHED":
            return self._already_public(delivery)
        if error := _failure(status):
            raise _dropping(error, journal.everything(delivery.content))
        return _wait(journal.READY, delivery, {})

    def _already_public(self, delivery: Delivery) -> StepResult:
        """A commit that nobody remembers has been through: find its post, and never send another."""
        verdict = self.reconcile(delivery)
        if isinstance(verdict, Live | Wait):
            return verdict
        raise NotNow(_("Instagram says two things about this post. Collavo asks again."), code="contradiction")

    def _status(self, container: str) -> ContainerStatus:
        """A fresh container that cannot be seen yet (an outage, for days once) counts as not ready."""
        return self._client.container_if_shown(container) or ContainerStatus("IN_PROGRESS")

    # The commit

    def _publish(self, delivery: Delivery) -> StepResult:
        container = journal.needed(delivery.journal, journal.CONTAINER)
        return Live(self._client.publish(self._account.remote_id, container.id), at=timezone.now())


# --- Parameters -----------------------------------------------------------------------------------------------


def _source(medium: Medium) -> dict[str, Json]:
    """By what the file is, never by its name: a video sent as image_url is refused."""
    if not medium.url:
        raise Rejected(
            _("This file has no address that Instagram could load it from. Set MEDIA_BASE_URL."), code="no_url"
        )
    return {"video_url" if medium.kind == "video" else "image_url": medium.url}


def _caption(content: Content) -> dict[str, Json]:
    caption = wire_caption(content.caption)
    return {"caption": caption} if caption else {}


def _alt_text(medium: Medium) -> dict[str, Json]:
    return {"alt_text": medium.alt_text} if medium.alt_text else {}


# --- Waiting and failing --------------------------------------------------------------------------------------


def _wait(step: str, delivery: Delivery, keep: dict[str, Json]) -> Wait:
    """The next look, later each time; after about an hour the containers are made anew."""
    asked = journal.polls(delivery.journal, step)
    if asked >= POLLS_MAX:
        drop = journal.everything(delivery.content)
        message = _("Instagram has been processing for an hour. Collavo hands it over again.")
        raise NotNow(message, code="processing", drop=drop)
    films = any(medium.kind == "video" for medium in delivery.content.media)
    delay = _until_look(asked, POLL_SECONDS if films else PICTURE_POLL_SECONDS, _made_at(delivery))
    return Wait(delay, _(PROCESSING), {**keep, journal.POLLS + step: asked + 1})


def _until_look(asked: int, delays: Sequence[int], made: datetime | None) -> timedelta:
    """Counted from when the container was made, so that what the looks take does not add up; not after an outage."""
    delay = timedelta(seconds=delays[min(asked, len(delays) - 1)])
    if made is None or asked >= len(delays):
        return delay
    planned = made + timedelta(seconds=sum(delays[: asked + 1])) - timezone.now()
    return planned if delay - LATE <= planned <= delay else delay


def _made_at(delivery: Delivery) -> datetime | None:
    """When the last of its containers was made."""
    names = [name for name in delivery.journal if journal.made(delivery.journal, name)]
    return max((made.at for name in names if (made := journal.made(delivery.journal, name))), default=None)


def _failure(status: ContainerStatus) -> PlatformError | None:
    """The error of a container that will never be ready."""
    if status.code == "EXPIRED":
        return NotNow(_("What was prepared at Instagram has expired. Collavo prepares it again."), code="EXPIRED")
    if status.code == "ERROR":
        return errors.container_error(status.text, timezone.now())
    return None


def _dropping(error: PlatformError, drop: tuple[str, ...]) -> PlatformError:
    """The same error, with what has to be made again."""
    if isinstance(error, NotNow):
        return NotNow(str(error), code=error.code, until=error.until, limit=error.limit, drop=drop)
    return error


def _of_slide(index: int, error: PlatformError, drop: tuple[str, ...] = ()) -> PlatformError:
    """The same error, naming the slide where it is about a slide and not about the account."""
    message = _("Slide %(number)s: %(error)s") % {"number": index + 1, "error": error}
    if isinstance(error, Rejected):
        return Rejected(message, code=error.code)
    if isinstance(error, NotNow) and not error.limit:
        return NotNow(message, code=error.code, until=error.until, drop=drop)
    return _dropping(error, drop)


def _usage(limit: dict[str, Json]) -> Usage | None:
    config = limit.get("config")
    used, total = limit.get("quota_usage"), config.get("quota_total") if isinstance(config, dict) else None
    seconds = config.get("quota_duration") if isinstance(config, dict) else None
    if not isinstance(used, int) or not isinstance(total, int) or total <= 0:
        return None
    window = seconds if isinstance(seconds, int) and seconds > 0 else 24 * 60 * 60
    return Usage(used=used, total=total, window=timedelta(seconds=window))
