"""The one table of words for where a post or a version stands: the same on every screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from approvals.models import Version
from approvals.states import VersionStatus
from collavo.words import worded
from connectors.platforms.base import Account, CallRecord, PlatformError, Step
from publishing import rights
from publishing.engine import MAX_TRIES
from publishing.models import Hold, Post, Status, Way
from publishing.moments import full_words, moment_words, wait_words
from publishing.preflight import hides, post_content


@worded("text")
@dataclass(frozen=True)
class Chip:
    """Icon, word and colour (`kind` is the CSS class), with one line of detail beside it where there is one."""

    kind: str  # "", "ok", "wait", "bad", "hand" or "go"
    icon: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Story:
    """What a person needs to hear when a post is not simply on its way: four sentences, empty where there is none."""

    what: str = ""
    live: str = ""
    next: str = ""
    you: str = ""

    @property
    def sentences(self) -> list[str]:
        return [line for line in (self.what, self.live, self.next, self.you) if line]


# --- Posts -----------------------------------------------------------------------------------------------------------


def chip(post: Post, now: datetime | None = None) -> Chip:
    """Where this post stands. Times are in its account's zone."""
    now = now or timezone.now()
    if post.status == Status.QUEUED:
        return _queued(post, now)
    if post.status == Status.PUBLISHING:
        return _publishing(post)
    if post.status == Status.UNCONFIRMED and post.due_at:
        return Chip(
            "wait", "question", _("Unconfirmed · asking"), _("The platform is asked once more what became of it")
        )
    if post.status == Status.AWAITING_CREATOR and getattr(post, "overdue", False):
        return Chip("bad", "hand", _("Overdue · awaiting creator"))
    if post.status == Status.SCHEDULED and post.way == Way.HAND:
        return Chip("hand", "hand", _("Scheduled · by hand"), _detail(post, now))
    return replace(PLAIN[Status(post.status)], detail=_detail(post, now))


PLAIN: dict[Status, Chip] = {
    Status.SCHEDULED: Chip("", "clock", gettext_noop("Scheduled")),
    Status.PUBLISHED: Chip("ok", "check", gettext_noop("Published")),
    Status.UNCONFIRMED: Chip("wait", "question", gettext_noop("Unconfirmed · check")),
    Status.FAILED: Chip("bad", "warn", gettext_noop("Failed")),
    Status.CANCELED: Chip("", "x", gettext_noop("Canceled")),
    Status.AWAITING_CREATOR: Chip("hand", "hand", gettext_noop("Awaiting creator")),
}


def _detail(post: Post, now: datetime) -> str:
    if post.status == Status.SCHEDULED and post.scheduled_at:
        return full_words(post.scheduled_at, post.connector.zone, now)
    if post.status == Status.PUBLISHED and post.published_at:
        return moment_words(post.published_at, post.connector.zone, now, seconds=True)
    return post.error


def _queued(post: Post, now: datetime) -> Chip:
    due, zone = post.due_at or now, post.connector.zone
    words: dict[str, Callable[[], Chip]] = {
        Hold.NONE: lambda: Chip("go", "clock", _("Queued"), _("It goes out in a moment")),
        Hold.LATE: lambda: Chip("wait", "warn", _("Late · waits for you"), post.error),
        Hold.CONNECTOR: lambda: Chip("bad", "link", _("Waits for its account"), post.error),
        Hold.LIMIT: lambda: Chip("wait", "clock", _limited(post, moment_words(due, zone, now)), post.error),
        Hold.RETRY: lambda: Chip("wait", "refresh", _retried(post, wait_words(due, now)), post.error),
        Hold.PLATFORM: lambda: Chip("go", "clock", _("Queued"), _sentence(post.step)),
    }
    return words[post.hold]()


def _retried(post: Post, when: str) -> str:
    return _("Retry %(tries)s of %(most)s %(when)s") % {"tries": post.tries, "most": MAX_TRIES, "when": when}


def _limited(post: Post, when: str) -> str:
    return _("Waits: 0 posts a day") if post.connector.daily_cap == 0 else _("Queued for %(when)s") % {"when": when}


def _publishing(post: Post) -> Chip:
    if post.hold == Hold.CONNECTOR:
        return Chip("bad", "link", _("Waits for its account"), _sentence(post.step))
    if post.commit_open and post.hold == Hold.PLATFORM:
        finding = _("Finding out whether it is live: %(step)s") % {"step": _sentence(post.step)}
        return Chip("go", "up", _("Publishing"), finding)
    done = progress(post)
    place = _("step %(number)s of %(count)s") % {"number": done.at, "count": done.of} if done else ""
    words = [_sentence(post.step) or _("Getting ready"), place]
    return Chip("go", "up", _("Publishing"), ", ".join(w for w in words if w))


def _sentence(text: str) -> str:
    return text.strip().rstrip(".")


def audience(post: Post) -> Chip | None:
    """Said on card and post where nobody but the account's owner sees it, or will see it, for want of the audit."""
    if post.status == Status.CANCELED or not (post.hidden or (post.status != Status.PUBLISHED and hides(post))):
        return None
    if post.connector.private_only:
        return Chip("wait", "lock", _("Private until audited"))
    return Chip("wait", "lock", _("Private"), _("It went out before the audit"))


# --- How far a post has come -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """The step under way, from 1, of so many."""

    at: int
    of: int

    @property
    def percent(self) -> int:
        return round(100 * (self.at - 1) / self.of) or 4  # never empty: something is happening


def progress(post: Post) -> Progress | None:
    """Which of its platform's steps a post is at; None when it is not being published. Asks no network."""
    if post.status != Status.PUBLISHING:
        return None
    try:
        steps = _steps(post)
    except PlatformError:
        return None  # no steps for this format: the engine refuses it with the platform's own sentence
    finished = sum(step.name in post.journal for step in steps)
    return Progress(min(finished + 1, len(steps)), len(steps)) if steps else None


def _steps(post: Post) -> Sequence[Step]:
    c = post.connector
    nobody = Account(c.pk, c.platform, c.login, c.remote_id, c.handle, token="")  # steps are named without calling
    publisher = c.spec.publisher(nobody, observe=_no_calls, deadline=lambda: 0.0)
    return publisher.steps(post_content(post.version, post.options))


def _no_calls(call: CallRecord) -> None:
    raise AssertionError(f"Naming the steps must not call {call.method}.")


# --- What happened, is anything live, what happens next, what one can do -------------------------------------------


def story(post: Post, now: datetime | None = None) -> Story | None:
    """The sentences for a post that did not simply go out; None when there is nothing to explain."""
    now = now or timezone.now()
    if post.status == Status.QUEUED and post.hold:
        return _held_story(post, now)
    stories: dict[str, Callable[[Post], Story | None]] = {
        Status.FAILED: _failed_story,
        Status.UNCONFIRMED: _unconfirmed_story,
        Status.PUBLISHING: _open_story,
        Status.CANCELED: lambda post: Story(what=post.error, live=_("Nothing is live.")) if post.error else None,
        Status.SCHEDULED: _scheduled_story,
        Status.AWAITING_CREATOR: _creators_story,
    }  # fmt: skip
    make = stories.get(post.status)
    return make(post) if make else None


def _held_story(post: Post, now: datetime) -> Story:
    due, zone = post.due_at, post.connector.zone
    when = f"{moment_words(due, zone, now)} ({zone.key})" if due else _("soon")
    soon = wait_words(due or now, now)
    live = _("Nothing is live.")
    stories = {
        Hold.LATE: Story(post.error, live, _("Nothing happens by itself."), ""),
        Hold.CONNECTOR: Story(
            post.error, live, _("It goes out by itself as soon as the account works again."),
            _("Open Connections and put the account right, or cancel the post."),
        ),
        Hold.LIMIT: _full_story(post, live, when),
        Hold.RETRY: Story(
            post.error, live,
            _("It is tried again by itself %(soon)s (%(tries)s of %(most)s).")
            % {"soon": soon, "tries": post.tries, "most": MAX_TRIES},
            _("Nothing to do; or try at once, reschedule it, or cancel it."),
        ),
        Hold.PLATFORM: Story(_dotted(post.step), live, _("Collavo asks again %(soon)s.") % {"soon": soon}),
    }  # fmt: skip
    return stories[Hold(post.hold)]


def _full_story(post: Post, live: str, when: str) -> Story:
    if post.connector.daily_cap == 0:
        do = _("Allow 1 or more posts, or leave the number empty, in the account's settings; or cancel the post.")
        return Story(post.error, live, _("It goes out by itself within an hour after more is allowed."), do)
    return Story(
        post.error,
        live,
        _("It goes out by itself %(when)s.") % {"when": when},
        _("Nothing to do; or reschedule it, or cancel it."),
    )


def _failed_story(post: Post) -> Story:
    live = "" if _says(post.error, gettext_noop("live"), gettext_noop("Nothing was sent")) else _("Nothing is live.")
    ours = post.error_code == "internal"
    you = _("Retry, or cancel it.") if ours else _("Put right what it says, then retry; or cancel it.")
    return Story(post.error or _("The platform refused it."), live, _("Nothing happens by itself."), you)


def _unconfirmed_story(post: Post) -> Story:
    look = _("Look at %(account)s on %(platform)s, then press what you found.") % {
        "account": post.connector.handle,
        "platform": post.connector.spec.name,
    }
    what = post.error or _("The platform did not say what became of it.")
    if post.due_at:
        return Story(what, _("It may be live."), _("The platform is being asked again; nothing is sent."), "")
    return Story(
        what, "" if _says(what, gettext_noop("may be live")) else _("It may be live."),
        _("Nothing is sent again by itself."), look,
    )  # fmt: skip


def _says(reason: str, *words: str) -> bool:
    """In English or in today's language: a reason stays in the one in which it was written."""
    return any(each in reason or _(each) in reason for each in words)


def _open_story(post: Post) -> Story | None:
    if post.hold == Hold.CONNECTOR:
        return Story(
            _dotted(post.step), _("It may be live: the account stopped working before the platform answered."),
            _("Collavo asks the platform as soon as the account works again."),
            _("Open Connections and link the account again."),
        )  # fmt: skip
    if post.commit_open and post.hold == Hold.PLATFORM:
        return Story(
            _dotted(post.step), _("It may be live."), _("Collavo keeps asking the platform; nothing is sent twice."),
            _("Nothing to do."),
        )  # fmt: skip
    return None


def _creators_story(post: Post) -> Story:
    task = post.handoffs.open().select_related("assignee").first()
    who = str(task.assignee) if task and task.assignee else _("A person")
    what = _("%(name)s posts it by hand. It is overdue.") if task and task.overdue else _("%(name)s posts it by hand.")
    looked_for = _("It stays here until somebody says so, or Collavo finds it.")
    draft = _("The draft lies in the app’s inbox, and nothing is public.") if post.way == Way.API else ""
    return Story(
        what=what % {"name": who},
        live=draft or _("Nothing is live that Collavo knows of."),
        next=looked_for if post.due_at else _("It stays here until somebody says that it is posted."),
        you=_("Remind them, give it to somebody else, say that it is posted, or cancel it."),
    )


def _scheduled_story(post: Post) -> Story | None:
    """A warning ahead of time: as things stand, the account will not take it, or the rights will not allow it."""
    if post.way == Way.API and (problem := post.connector.problem(post.scheduled_at)):
        return Story(what=problem, next=_("Until then this post would wait at its moment."))
    if problem := rights.problem(post):
        return Story(what=problem, next=_("As things stand it will be stopped at its moment."))
    return None


def _dotted(text: str) -> str:
    return f"{_sentence(text)}." if text else ""


# --- Versions ----------------------------------------------------------------------------------------------------

_VERSIONS: dict[str, Chip] = {
    VersionStatus.IN_REVIEW: Chip("", "inbox", gettext_noop("In review")),
    VersionStatus.REGENERATING: Chip("wait", "refresh", gettext_noop("Regenerating")),
    VersionStatus.APPROVED: Chip("ok", "check", gettext_noop("Approved")),
    VersionStatus.REJECTED: Chip("bad", "x", gettext_noop("Rejected")),
    VersionStatus.SUPERSEDED: Chip("", "lines", gettext_noop("Superseded")),
}


def version_chip(version: Version) -> Chip:
    """Where this version stands: "In review · round 2"."""
    if version.asset.discarded:
        return Chip("", "x", _("Discarded"))
    found = _VERSIONS[version.status]
    if version.round == 1:
        return found
    return replace(found, text=_("%(status)s · round %(number)s") % {"status": found.text, "number": version.round})
