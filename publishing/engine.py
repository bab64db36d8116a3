"""Takes one claimed post forward: steps with their results committed, the commit behind its marker, reconcile.

Each answer becomes one move of `states.py`:
live → PUBLISHED · Rejected → FAILED · NotNow → QUEUED with a later moment · NeedsRelink → the connector leaves ACTIVE
and the post waits · OutcomeUnknown on the commit → reconcile, and UNCONFIRMED where the platform cannot tell.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.threads import stopping
from connectors.platforms.base import (
    COMMITTED,
    RECONCILING_SINCE,
    Content,
    Done,
    LeaseLost,
    Live,
    More,
    NeedsRelink,
    NotLive,
    NotNow,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    Step,
    Unknown,
    Verdict,
    Wait,
    WithCreator,
)
from publishing import limits, states
from publishing.checkpoints import checkpoint
from publishing.claims import Claimed, claim
from publishing.follow_ups import FollowUps
from publishing.handoffs import finding
from publishing.models import Attempt, Hold, Status, Way
from publishing.preflight import checks_for
from publishing.sealed import FILES
from publishing.work import COMMIT_ERROR

log = logging.getLogger(__name__)

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
MAX_TRIES = len(RETRY_AFTER)
LOOKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.4)  # seconds between looks whether the account's open commit was answered
ASK_CREATORS = timedelta(days=1)  # about what lies before its creator and of which the platform says nothing
ASK_FOR = timedelta(hours=23)  # reconcile within 24 h (meta.md §7.2); after that a person decides


def advance(pk: UUID, *, worker: str) -> bool:
    """Take the post as far as it goes now. False: it was not due, not fit, or somebody else has it."""
    claimed = claim(pk, worker=worker)
    if claimed is None:
        return False
    act(claimed)
    return True


def act(claimed: Claimed) -> None:
    """Take a claimed post as far as it goes now."""
    run = Run(claimed)
    try:
        run.go()
    except LeaseLost as lost:
        log.info("Post %s: %s", claimed.post.pk, lost)
    finally:
        run.turn.end()


def backoff(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failed try: exponential with jitter, so that posts do not march in step."""
    return RETRY_AFTER[min(tries, MAX_TRIES) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)


class Run(FollowUps):
    """One claim's work on one post, from its first step to what is left behind the publication."""

    def go(self) -> None:
        if self.post.status == Status.PUBLISHED:
            self.follow_up()
        elif self.post.way == Way.HAND:
            self.seek()
        elif self.post.commit_open or self.post.status == Status.UNCONFIRMED:
            self.reconcile()
        else:
            self.publish()

    # --- publishing ----------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Run the steps that the journal does not know yet, up to the answer that ends or parks the post."""
        try:
            content = self.content()
            self.ask_usage()
            self.journal[FILES] = self.files.stamps
            steps = [step for step in self.publisher.steps(content) if step.name not in self.journal]
            for step, following in pairwise([*steps, None]):
                if step and not self.take(step, content, before_commit=bool(following and following.commit)):
                    return
        except LeaseLost:
            raise
        except PlatformError as e:
            self.give_up_try(e)
        except Exception:  # a fault of our own: whatever it is, the post has to end its try in a state that is true
            if self.post.status == Status.PUBLISHED:
                raise  # it broke behind the publication, which stands: the next worker goes on there
            log.exception("Post %s: step %s broke", self.post.pk, self.step_name)
            self.give_up_try(self.own_error())

    def ask_usage(self) -> None:
        """Before a post starts: the platform's own figure of the account's quota, at most every quarter of an hour."""
        connector = self.post.connector
        if self.journal.keys() - {FILES} or not limits.figure_is_old(connector):
            return
        self.step_name = "quota"
        usage = self.publisher.usage()
        if usage is None:
            return
        connector.take_usage(usage)
        if usage.used >= usage.total:
            text = _("%(account)s has made %(used)s of %(total)s posts that the platform allows in 24 hours.") % {
                "account": connector,
                "used": usage.used,
                "total": usage.total,
            }
            raise NotNow(text, code="quota", until=timezone.now() + limits.ASK_LATER, limit=True)

    def take(self, step: Step, content: Content, *, before_commit: bool) -> bool:
        """Run one step and commit its result. True: go on with the next one.

        The result of the last step before the commit is committed with the commit's marker, in one transaction.
        """
        self.step_name = step.name
        if stopping.is_set() and not step.commit:
            self.hand_back()
            return False
        if step.commit and not self.arm(step):
            return False
        result = self.in_pieces(step, content)
        if isinstance(result, Live):
            self.live(result)
            return False
        if isinstance(result, Wait):
            self.wait(result)
            return False
        if isinstance(result, WithCreator):
            self.hand_to_creator(result)
            return False
        if isinstance(result, Unknown):
            self.unknown(result.reason, "")
            return False
        if before_commit:
            self.journal[step.name] = result.result
            return True
        self.done(step, result)
        checkpoint(f"{step.name}:after_commit", self.post.pk)
        return True

    def arm(self, step: Step) -> bool:
        """Commit that the commit is about to be sent; or wait while another post of the account has one open."""
        if not self.checked:
            self.check_again()
        self.files.check(self.stay)
        lines = self.take_lines()
        armed = self.armed(step, lines)
        if armed is None:
            self.lines = lines
            self.wait(Wait(timedelta(seconds=random.uniform(0.5, 1.5)), _("Waiting for the post before it")))  # noqa: S311
            return False
        self.lease, self.post.commit_open = armed, True
        self.post.commit_sent_at = self.post.commit_sent_at or timezone.now()
        checkpoint(f"{step.name}:armed", self.post.pk)
        return True

    def armed(self, step: Step, lines: list[Attempt]) -> states.Lease | None:
        """None: the account's other commit is still open after some looks.

        It is a call's length away from its end: looking again costs less than giving this post back and claiming it.
        """
        self.turn.take(sum(LOOKS))
        for pause in LOOKS:
            if armed := states.arm(self.lease, step.label, self.journal, lines):
                return armed
            time.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311
        return states.arm(self.lease, step.label, self.journal, lines)

    def check_again(self) -> None:
        """A post that waited for the platform is looked at again before it goes public. Raises Rejected."""
        blocking = [check for check in checks_for(self.post) if check.blocks]
        if blocking:
            raise Rejected(" ".join([*(c.text for c in blocking), _("Nothing is live.")]), code=blocking[0].code)

    def done(self, step: Step, result: Done) -> None:
        self.journal[step.name] = result.result
        if step.commit:
            self.journal[COMMITTED] = True
        lines = self.take_lines()
        self.lease = states.keep(self.lease, self.journal, step.label, lines, closes_commit=step.commit)
        self.post.commit_open = self.post.commit_open and not step.commit
        self.turn.end()

    def in_pieces(self, step: Step, content: Content) -> Done | Wait | WithCreator | Live | Unknown:
        """The step's answer; what it finds out on the way is committed piece by piece."""
        while True:
            checkpoint(f"{step.name}:before_call", self.post.pk)
            result = step.run(self.delivery(content))
            checkpoint(f"{step.name}:after_answer", self.post.pk)
            if not isinstance(result, More):
                return result
            self.journal.update(result.keep)
            self.lease = states.keep(self.lease, self.journal, result.note, self.take_lines())
            checkpoint(f"{step.name}:after_commit", self.post.pk)
            if stopping.is_set() and not step.commit:
                return Wait(timedelta(0), result.note)

    def hand_back(self) -> None:
        """The process is about to end: another one goes on from the last journalled step, at once."""
        self.wait(Wait(timedelta(0), _("Handed to the next worker")))

    def hand_to_creator(self, result: WithCreator) -> None:
        self.journal.update(result.keep)
        until = timezone.now() + result.delay
        states.with_creator(
            self.post, self.lease, until=until, note=result.note, journal=self.journal, attempts=self.take_lines()
        )

    def wait(self, result: Wait) -> None:
        self.journal.update(result.keep)
        until = timezone.now() + result.delay
        states.wait(self.lease, until=until, note=result.note, journal=self.journal, attempts=self.take_lines())

    def live(self, live: Live) -> None:
        more = bool(self.follow_ups())
        states.publish(self.post, self.lease, live, self.take_lines(), more=more)
        self.turn.end()
        checkpoint(f"{self.step_name}:after_commit", self.post.pk)
        if more or (live.remote_id and not live.url):
            self.follow_up()

    # --- what an error means -------------------------------------------------------------------------------------

    def give_up_try(self, error: PlatformError) -> None:
        """End this try as its error says. An open commit is never repeated: it is reconciled."""
        if self.post.commit_open and isinstance(error, OutcomeUnknown):
            self.journal[COMMIT_ERROR] = error.code
            self.ask_again(error, timedelta(seconds=2))
        elif COMMITTED in self.journal and not takes_back(error):
            self.ask_behind_commit(error)
        elif isinstance(error, NeedsRelink):
            self.requeue(error, None, Hold.CONNECTOR, self.post.tries)
            self.relink(error)  # after the hold: linked again meanwhile, the account releases what waits for it
        elif isinstance(error, Rejected):
            self.fail(str(error), error.code)
        elif self.post.status == Status.AWAITING_CREATOR:
            self.fail(
                _("%(error)s It was with its creator already, so it is not begun anew by itself.") % {"error": error},
                error.code,
            )
        else:
            self.not_now(error)

    def ask_behind_commit(self, error: PlatformError) -> None:
        """The commit was answered: it may be live, so nothing is queued anew. The steps behind it ask again later."""
        if isinstance(error, NeedsRelink):
            self.keep_open(str(error), None, Hold.CONNECTOR)
            self.relink(error)
            return
        until = error.until if isinstance(error, NotNow) else None
        delay = (until - timezone.now()) if until else timedelta(minutes=1)
        if self.post.status == Status.AWAITING_CREATOR:
            self.keep_open(str(error), timezone.now() + delay, Hold.PLATFORM)
        else:
            self.ask_again(error, delay)

    def not_now(self, error: PlatformError) -> None:
        """Surely nothing is live: later, or (after the last try) FAILED."""
        until = error.until if isinstance(error, NotNow) else None
        for name in error.drop if isinstance(error, NotNow) else ():
            self.journal.pop(name, None)
        if isinstance(error, NotNow) and error.limit:
            if until and error.code != "quota":
                self.post.connector.throttle(until)
            self.requeue(error, until or timezone.now() + timedelta(hours=1), Hold.LIMIT, self.post.tries)
            return
        tries = self.post.tries + 1
        if tries > MAX_TRIES:
            self.fail(
                _("%(error)s %(tries)s tries were made; nothing is live.") % {"error": error, "tries": MAX_TRIES + 1},
                error.code,
            )
        else:
            self.requeue(error, until or timezone.now() + backoff(tries), Hold.RETRY, tries)

    def fail(self, reason: str, code: str) -> None:
        states.fail(self.post, self.lease, reason=reason, code=code, attempts=self.take_lines())

    def requeue(self, error: PlatformError, until: object, hold: Hold, tries: int) -> None:
        states.requeue(
            self.post, self.lease, until=until, hold=hold, reason=str(error), code=error.code,  # type: ignore[arg-type]
            journal=self.journal, attempts=self.take_lines(), tries=tries, commit_sent_at=self.post.commit_sent_at,
        )  # fmt: skip

    def relink(self, error: PlatformError) -> None:
        self.post.connector.needs_relink(str(error), by=self.lease.worker)

    def own_error(self) -> PlatformError:
        text = _("Collavo itself failed at this step; the operator finds the cause in the log.")
        return OutcomeUnknown(text, code="internal") if self.post.commit_open else NotNow(text, code="internal")

    # --- reconciling ---------------------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Find out what became of a commit whose answer was lost. Never sends the commit by itself."""
        self.step_name = "reconcile"
        self.journal.setdefault(RECONCILING_SINCE, timezone.now().isoformat())
        try:
            verdict = self.publisher.reconcile(self.delivery(self.plain_content()))
        except LeaseLost:
            raise
        except NeedsRelink as e:
            self.keep_open(str(e), None, Hold.CONNECTOR)
            self.relink(e)
        except PlatformError as e:
            until = e.until if isinstance(e, NotNow) else None
            self.ask_again(e, (until - timezone.now()) if until else timedelta(seconds=30))
        except Exception:  # a fault of our own says nothing of the commit, which stays open
            log.exception("Post %s: reconcile broke", self.post.pk)
            self.ask_again(self.own_error(), timedelta(minutes=2))
        else:
            self.judge(verdict)

    def judge(self, verdict: Verdict) -> None:
        if isinstance(verdict, Live):
            self.live(verdict)
        elif isinstance(verdict, NotLive):
            self.surely_not_live(verdict)
        elif isinstance(verdict, Unknown):
            self.unknown(verdict.reason, "")
        elif isinstance(verdict, Done):
            self.arrived(verdict)
        else:
            self.journal.update(verdict.keep)
            self.ask_again(OutcomeUnknown(verdict.note), verdict.delay)

    def arrived(self, verdict: Done) -> None:
        """The commit did reach the platform: it counts as answered, and the steps behind it find out the rest.

        For an UNCONFIRMED post a person decides; what follows is not done by itself.
        """
        if self.post.status == Status.UNCONFIRMED:
            self.unknown(_("It has reached the platform, which has not said yet what became of it."), "")
            return
        for name in (RECONCILING_SINCE, COMMIT_ERROR):
            self.journal.pop(name, None)
        commit = next(step for step in self.publisher.steps(self.plain_content()) if step.commit)
        self.done(commit, verdict)
        self.publish()

    def surely_not_live(self, verdict: NotLive) -> None:
        """Continue: with the same handle where it is still good, else from the steps that are dropped.

        What the commit was answered with now counts as if it had been said before the commit; sending the commit
        again counts as a try.
        """
        for name in (*verdict.drop, RECONCILING_SINCE, COMMIT_ERROR):
            self.journal.pop(name, None)
        if self.post.status == Status.PUBLISHING and (error := verdict.error or self.one_try_too_many(verdict)):
            self.post.commit_open = False
            self.post.commit_sent_at = self.post.commit_sent_at if not verdict.drop else None
            self.give_up_try(error)
            return
        states.not_live(
            self.post, self.lease, reason=verdict.reason, same_handle=not verdict.drop, journal=self.journal,
            attempts=self.take_lines(),
        )  # fmt: skip

    def one_try_too_many(self, verdict: NotLive) -> Rejected | None:
        if self.post.tries < MAX_TRIES:
            return None
        return Rejected(
            _("%(reason)s %(tries)s tries were made; nothing is live.")
            % {"reason": verdict.reason, "tries": MAX_TRIES + 1}
        )

    def ask_again(self, error: PlatformError, delay: timedelta) -> None:
        """Not known yet: ask later, until the platform's memory may be over; then a person decides."""
        sent = self.post.commit_sent_at
        if sent and timezone.now() - sent > ASK_FOR:
            self.unknown(str(error), error.code)
        else:
            self.keep_open(str(error), timezone.now() + delay, Hold.PLATFORM)

    def keep_open(self, reason: str, until: object, hold: Hold) -> None:
        states.still_open(
            self.lease, until=until, hold=hold, reason=reason, attempts=self.take_lines(), journal=self.journal  # type: ignore[arg-type]
        )  # fmt: skip

    def unknown(self, reason: str, code: str) -> None:
        """Nobody can tell: a person has to look. With its creator it stays, who says what became of it."""
        if self.post.status == Status.AWAITING_CREATOR:
            self.keep_open(reason, timezone.now() + ASK_CREATORS, Hold.PLATFORM)
            return
        text = _("%(reason)s It may be live: look at the account, then say what you found.") % {"reason": reason}
        states.unconfirmed(
            self.post, self.lease, reason=text, code=code, attempts=self.take_lines(), journal=self.journal
        )

    # --- what a person posts -------------------------------------------------------------------------------------

    def seek(self) -> None:
        """Look whether a post by hand is live. Nothing is ever sent for it."""
        self.step_name = "seek"
        content = self.plain_content()
        live, again = finding.look(self.post, lambda: self.publisher, content, lambda: self.bound)
        checkpoint("seek:after_answer", self.post.pk)
        if live:
            states.publish(self.post, self.lease, live, self.take_lines())
        else:
            states.not_found(self.lease, look_at=again, attempts=self.take_lines())


def takes_back(error: PlatformError) -> bool:
    """Behind an answered commit: whether this error says that surely nothing is live."""
    return isinstance(error, Rejected) or (isinstance(error, NotNow) and COMMITTED in error.drop)
