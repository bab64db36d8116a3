"""Who acts on a hand-off: a member of its workspace, or the person whom a signed link was made for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from collavo.accounts.models import Ability, Membership, User
from publishing.models import Handoff


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. Made by `member` or `holder`; the verbs ask it what they may.

    A member with the ability to publish manages every hand-off of the workspace; any other member, and the holder of a
    link, does their own. Whether a link is still good is for whoever opens it to find out, before an Actor is made.
    """

    name: str  # for the history, as they are called now
    user: User | None = None
    membership: Membership | None = None
    handoff_id: UUID | None = None  # the one that a link's holder may act on

    @classmethod
    def member(cls, membership: Membership) -> Actor:
        return cls(str(membership.user), membership.user, membership)

    @classmethod
    def holder(cls, handoff: Handoff, person: User | None, *, name: str = "") -> Actor:
        """Whoever holds the link to this hand-off that was made for `person`."""
        return cls(name or str(person or _("The holder of the link")), person, None, handoff.pk)

    @property
    def by(self) -> User | str:
        """For `record`."""
        return self.user or self.name

    def manages(self, handoff: Handoff) -> bool:
        """May give it to another, remind, take it back, and mark it published."""
        member = self.membership
        return bool(member and member.workspace_id == handoff.workspace_id and member.can(Ability.PUBLISH))

    def does(self, handoff: Handoff) -> bool:
        """May say that it is posted, that it cannot be, or that it is done later."""
        if self.handoff_id == handoff.pk:
            return self.user is None or self.user.pk == handoff.assignee_id
        mine = self.membership and self.membership.workspace_id == handoff.workspace_id
        return self.manages(handoff) or bool(mine and self.user and self.user.pk == handoff.assignee_id)

    def require_managing(self, handoff: Handoff) -> None:
        """Raise PermissionDenied with a sentence unless they may manage it."""
        if self.membership:
            self.membership.require_at(handoff.workspace_id).require(Ability.PUBLISH)
        elif not self.manages(handoff):
            raise PermissionDenied(_("Only a manager of the workspace can do that."))

    def require_doing(self, handoff: Handoff) -> None:
        """Raise PermissionDenied with a sentence unless it is theirs to do."""
        if self.membership:
            self.membership.require_at(handoff.workspace_id)
        if not self.does(handoff):
            raise PermissionDenied(_("This hand-off was given to somebody else. Ask a manager to give it to you."))
