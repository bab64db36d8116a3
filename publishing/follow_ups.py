"""What is left to do once a post is live: its link, and what the platform does behind it. Neither touches the state."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.platforms.base import FollowsUp, LeaseLost, NotNow, PlatformError, Step
from publishing import states
from publishing.checkpoints import checkpoint
from publishing.models import Status, Way
from publishing.work import Work

log = logging.getLogger(__name__)

LINK_TRIES = 5


class FollowUps(Work):
    """The part of a claim's work behind the publication."""

    def follow_up(self) -> None:
        """What is left once it is live: its link, and what the platform does behind it. Neither touches the state."""
        url = self.post.url or (self.fetch_link() if self.post.remote_id else "")
        moments = [] if url or not self.post.remote_id else [self.next_look()]
        moments += filter(None, [self.try_follow_up(step) for step in self.follow_ups()])
        again = min(moments) if moments and self.post.tries < LINK_TRIES else None
        states.end_follow_up(self.lease, self.take_lines(), url=url, again=again)
        checkpoint("link:after_commit", self.post.pk)

    def next_look(self) -> datetime:
        return timezone.now() + timedelta(seconds=10 * 3**self.post.tries)

    def fetch_link(self) -> str:
        """ "" when there is none yet."""
        self.step_name = "link"
        try:
            checkpoint("link:before_call", self.post.pk)
            url = self.publisher.link(self.post.remote_id)
            checkpoint("link:after_answer", self.post.pk)
        except LeaseLost:
            raise
        except PlatformError as e:
            log.warning("Post %s: no link yet: %s", self.post.pk, e)
            return ""
        except Exception:  # a fault of our own: it is live all the same, and is asked about a few times more
            log.exception("Post %s: its link could not be read", self.post.pk)
            return ""
        return url

    def follow_ups(self) -> list[Step]:
        """Those that the journal does not know yet."""
        if self.post.way == Way.HAND or (not self.post.remote_id and self.post.status == Status.PUBLISHED):
            return []  # a person has set what there is to set; or nobody knows which post it is
        steps = self.publisher.follow_ups(self.plain_content()) if isinstance(self.publisher, FollowsUp) else ()
        return [step for step in steps if step.name not in self.journal]

    def try_follow_up(self, step: Step) -> datetime | None:
        """Run it and commit its result, or that it is given up. A moment: when to try again."""
        self.step_name = step.name
        told = ""
        try:
            checkpoint(f"{step.name}:before_call", self.post.pk)
            step.run(self.delivery(self.plain_content()))
            checkpoint(f"{step.name}:after_answer", self.post.pk)
        except LeaseLost:
            raise
        except PlatformError as e:
            if isinstance(e, NotNow) and self.post.tries < LINK_TRIES:
                return max(e.until or self.next_look(), self.next_look())
            told = str(e)
        except Exception:  # a fault of our own is given up like a refusal: nothing of it may touch the post
            log.exception("Post %s: follow-up %s broke", self.post.pk, step.name)
            told = _("Collavo itself failed; the operator finds the cause in the log.")
        self.journal[step.name] = told or True
        text = (
            _("%(step)s did not work. %(reason)s The post itself is live.") % {"step": step.label, "reason": told}
            if told
            else ""
        )
        self.lease = states.keep_follow_up(self.post, self.lease, self.journal, self.take_lines(), text)
        checkpoint(f"{step.name}:after_commit", self.post.pk)
        return None
