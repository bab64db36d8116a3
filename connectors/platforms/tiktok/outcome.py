"""What became of a publish that TikTok has taken. This only reads: nothing here can begin another one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from connectors.platforms.base import (
    Account,
    Content,
    Delivery,
    Format,
    Journal,
    Live,
    NotNow,
    PlatformError,
    Rejected,
    StepResult,
    Unknown,
    Wait,
    WithCreator,
)
from connectors.platforms.tiktok import errors, journal
from connectors.platforms.tiktok.client import Status, TikTokClient
from connectors.platforms.tiktok.post import inbox, privacy
from connectors.platforms.tiktok.words import PUBLIC

COMPLETE, DRAFT, FAILED = "PUBLISH_COMPLETE", "SEND_TO_USER_INBOX", "FAILED"
POLL_SECONDS = (*[5] * 6, *[30] * 10)  # then every five minutes, for a day
LATER_SECONDS, POLLS_MAX = 300, 16 + 288
LINK_SECONDS = (5, 5, 10, 20, 30, 30)  # moderation mostly takes less than a minute, and only then is there a link
DRAFT_DELAYS = ((10, timedelta(minutes=1)), (22, timedelta(minutes=5)), (166, timedelta(minutes=30)))
DRAFT_LATER = timedelta(days=1)
IN_INBOX = gettext_noop("In the creator's TikTok inbox: they finish and post it in the app.")
YOUR_TURN = gettext_noop("Look at the account at TikTok and say here whether the post is there.")


def follow(delivery: Delivery, client: TikTokClient, account: Account) -> StepResult:
    """One look. Raises Rejected or NotNow (with everything to forget) only when TikTok says that it failed."""
    publish_id = journal.needed(delivery.journal).publish_id
    try:
        status = client.status(publish_id)
    except Rejected as e:
        return _not_told(delivery, e)
    return answer(delivery, status, account)


def answer(delivery: Delivery, status: Status, account: Account) -> StepResult:
    if status.word == COMPLETE:
        return _complete(delivery, status, account)
    if status.word == DRAFT:
        return _with_creator(delivery, _(IN_INBOX))
    if status.word == FAILED:
        raise failed(status)
    return _processing(delivery)


def failed(status: Status) -> PlatformError:
    """Nothing went live. NotNow: it may be begun anew, with everything forgotten."""
    error = errors.failure(status.reason, timezone.now())
    if isinstance(error, NotNow):
        return NotNow(str(error), code=error.code, until=error.until, limit=error.limit, drop=journal.EVERYTHING)
    return error


def _complete(delivery: Delivery, status: Status, account: Account) -> StepResult:
    """Posted. A public post gets its id once it is through moderation, others never do."""
    if status.post_id:
        address = link(delivery.content, account, status.post_id)
        return Live(status.post_id, address, hidden=hidden(delivery.content, account))
    looks = journal.count(delivery.journal, journal.LINK_POLLS)
    if shows_link(delivery.content, account) and looks < len(LINK_SECONDS):
        note = _("Posted. TikTok has not given its link yet.")
        return Wait(timedelta(seconds=LINK_SECONDS[looks]), note, {journal.LINK_POLLS: looks + 1})
    return live_without_link(delivery.content, account)


def live_without_link(content: Content, account: Account, at: datetime | None = None) -> Live:
    note = (
        ""
        if inbox(content) or shows_link(content, account)
        else _("TikTok gives no link for a post that is not public.")
    )
    if hidden(content, account):
        note = _("Only its owner can see it: the app has not passed TikTok's audit.")
    return Live(at=at, note=note, hidden=hidden(content, account))


def hidden(content: Content, account: Account) -> bool:
    """Private for want of the audit. Of a draft, the creator chooses in the app who can see it."""
    return not account.audited and not inbox(content)


def link(content: Content, account: Account, post_id: str) -> str:
    """Of photos, which TikTok's lists may not show. Of a film "": TikTok itself is asked (`Publisher.link`)."""
    if content.format != Format.CAROUSEL:
        return ""
    return f"{settings.TIKTOK_SITE_URL}/@{account.handle}/photo/{post_id}"


def shows_link(content: Content, account: Account) -> bool:
    """Whether TikTok may ever name the post's id. Of a draft, the creator chooses who can see it."""
    return inbox(content) or privacy(content, account) == PUBLIC


def _processing(delivery: Delivery) -> StepResult:
    polls = journal.count(delivery.journal, journal.POLLS)
    if polls >= POLLS_MAX:
        return Unknown(_("TikTok has been processing it for a day and does not say what became of it."))
    seconds = POLL_SECONDS[polls] if polls < len(POLL_SECONDS) else LATER_SECONDS
    return Wait(timedelta(seconds=seconds), _("TikTok is processing."), {journal.POLLS: polls + 1})


def _with_creator(delivery: Delivery, note: str) -> WithCreator:
    """Asked ever more rarely; never given up, since a draft has no end that TikTok would tell."""
    polls = journal.count(delivery.journal, journal.DRAFT_POLLS)
    delay = next((delay for until, delay in DRAFT_DELAYS if polls < until), DRAFT_LATER)
    keep: Journal = {journal.DRAFT_POLLS: polls + 1}
    return WithCreator(delay, note, keep)


def _not_told(delivery: Delivery, error: Rejected) -> StepResult:
    """TikTok refuses to say. That proves nothing of the post."""
    if journal.count(delivery.journal, journal.DRAFT_POLLS):
        return _with_creator(delivery, _("TikTok does not tell any more what became of this draft."))
    return Unknown(f"{error} {_(YOUR_TURN)}")
