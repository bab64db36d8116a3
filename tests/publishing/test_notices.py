"""Whoever a post belongs to is told when it needs a person: once per event, with the words of the screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from collavo.accounts.models import LatePolicy, Role, Workspace
from collavo.timeline.mailing import send
from collavo.timeline.models import Notice
from connectors.models import Connector
from connectors.platforms.base import LeaseLost
from connectors.sandbox.client import SandboxControl
from publishing import engine, states, verbs
from publishing.claims import claim
from publishing.models import Hold, Post, Status
from publishing.states import IllegalMove
from tests.factories import make_connector, make_member, make_post, make_workspace
from tests.publishing.test_engine import linked, new_post, run_once, settle

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace("Fjord Supply")


def told(post: Post) -> list[Notice]:
    return list(Notice.objects.filter(user=post.by).order_by("created_at", "id"))


def in_flight(workspace: Workspace, connector: Connector | None = None) -> tuple[Post, states.Lease]:
    """A post that a worker has claimed."""
    post = make_post(workspace, connector)
    states.queue_due([post.pk])
    claimed = claim(post.pk, worker="test")
    assert claimed
    return claimed.post, claimed.lease


def fail(post: Post, lease: states.Lease) -> None:
    states.fail(post, lease, reason="The picture is too large.", code="36000", attempts=[])


def not_known(post: Post, lease: states.Lease) -> None:
    states.unconfirmed(post, lease, reason="No answer came.", code="", attempts=[], journal={})


# --- Posts -----------------------------------------------------------------------------------------------------------


def test_a_refused_post_tells_its_owner_what_happened_and_what_can_be_done(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("refuse", method="POST", path="/media$", status=400, code=36003, subcode=2207009)
    post = settle(post)
    (notice,) = told(post)
    assert post.status == Status.FAILED and notice.title == f"“Overshirt” was not published on {post.connector}"
    assert notice.sentences[0] == " ".join(post.error.split()) and "Nothing is live" in notice.text
    assert notice.path == f"/w/{post.workspace.slug}/posts/{post.pk}/"
    assert Notice.objects.count() == 1, "the owner alone"


def test_an_unconfirmed_post_says_that_it_may_be_live(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    not_known(post, lease)
    (notice,) = told(post)
    assert "may be live" in notice.title and "then press what you found" in notice.text


def test_the_notice_and_its_mail_exist_once_whatever_is_repeated(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    fail(post, lease)
    for _ in range(2):
        with pytest.raises(LeaseLost):
            fail(post, lease)
        engine.advance(post.pk, worker="another")
    assert len(told(post)) == 1
    assert post.by and [send(post.by.pk), send(post.by.pk)] == [1, 0]
    assert [m.to for m in mail.outbox] == [[post.by.email]]


def test_a_move_that_does_not_commit_tells_nobody(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    with pytest.raises(RuntimeError), transaction.atomic():
        fail(post, lease)
        raise RuntimeError
    assert not Notice.objects.exists()


def test_a_second_failure_is_news_again(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    fail(post, lease)
    verbs.retry(Post.objects.get(pk=post.pk), by=make_member(workspace))
    claimed = claim(post.pk, worker="test")
    assert claimed
    fail(claimed.post, claimed.lease)
    first, second = told(post)
    assert first.read_at and not second.read_at


def test_a_post_whose_owner_left_tells_those_who_publish(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    workspace.memberships.filter(user=post.by).delete()
    manager, owner = make_member(workspace), make_member(workspace, Role.OWNER)
    fail(post, lease)
    assert set(Notice.objects.values_list("user", flat=True)) == {manager.user_id, owner.user_id}


@pytest.mark.parametrize(
    ("policy", "title"),
    [(LatePolicy.ASK, "missed its time"), (LatePolicy.SKIP, "and was canceled"), (LatePolicy.PUBLISH, None)],
)
def test_a_late_post_tells_its_owner_what_became_of_it(policy: str, title: str | None, workspace: Workspace) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(late_policy=policy)
    post = make_post(workspace)
    Post.objects.filter(pk=post.pk).update(status=Status.QUEUED, scheduled_at=timezone.now() - DAY)
    for _ in range(3):
        claim(post.pk, worker="test")
    titles = [notice.title for notice in told(post)]
    assert len(titles) == bool(title) and all(str(title) in said for said in titles)


def test_twenty_late_posts_come_in_one_mail(workspace: Workspace) -> None:
    manager, connector = make_member(workspace), make_connector(workspace)
    posts = [make_post(workspace, connector) for _ in range(20)]
    late = {"status": Status.QUEUED, "scheduled_at": timezone.now() - DAY, "by": manager.user}
    Post.objects.filter(pk__in=[p.pk for p in posts]).update(**late)
    for post in posts:
        claim(post.pk, worker="test")
    assert send(manager.user_id) == 0, "they are gathered"
    Notice.objects.update(mail_at=timezone.now())
    assert send(manager.user_id) == 20 and len(mail.outbox) == 1


@pytest.mark.parametrize("act", ["retry", "cancel"])
def test_what_somebody_has_seen_to_is_read(act: str, workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    fail(post, lease)
    getattr(verbs, act)(Post.objects.get(pk=post.pk), by=make_member(workspace))
    assert [n.read_at is None for n in told(post)] == [False]


def test_a_refused_verb_leaves_the_notice_unread(workspace: Workspace) -> None:
    post, lease = in_flight(workspace)
    fail(post, lease)
    with pytest.raises(IllegalMove):
        verbs.ask_again(Post.objects.get(pk=post.pk), by=make_member(workspace))
    assert told(post)[0].read_at is None


def test_what_goes_well_is_no_news(sandbox: SandboxControl) -> None:
    assert settle(new_post(sandbox)).status == Status.PUBLISHED
    assert not Notice.objects.exists()


# --- Accounts --------------------------------------------------------------------------------------------------------


def test_twenty_posts_of_a_dead_account_make_one_notice_that_counts_them(sandbox: SandboxControl) -> None:
    workspace = make_workspace()
    connector, manager = linked(sandbox, workspace), make_member(workspace)
    posts = [make_post(workspace, connector) for _ in range(7)]
    Post.objects.update(by=manager.user)
    sandbox.change_account(connector.remote_id, token_state="expired")
    parked = [run_once(post) for post in posts]
    assert {(post.status, post.hold) for post in parked} == {(Status.QUEUED, Hold.CONNECTOR)}
    notice = Notice.objects.get()
    assert (notice.user, notice.subject_id) == (manager.user, connector.pk)
    assert notice.title.endswith("has to be linked again: 7 posts wait for it")
    assert "Nothing of them is live." in notice.text and notice.path.endswith(f"/connections/{connector.pk}/")
    assert notice.mail_at is not None


def test_linking_the_account_again_settles_the_notice_and_the_next_trouble_is_told_again(workspace: Workspace) -> None:
    connector = make_connector(workspace)
    post = make_post(workspace, connector, at=timezone.now() + DAY)
    connector.needs_relink("The token is dead.", by="worker")
    connector.needs_relink("The token is dead.", by="worker")
    (first,) = told(post)
    make_connector(workspace, remote_id=connector.remote_id)
    assert told(post)[0].read_at is not None
    connector.refresh_from_db()
    connector.needs_relink("The token is dead.", by="worker")
    again, second = told(post)
    assert again.pk == first.pk and second.read_at is None


def test_an_account_that_its_owner_took_back_at_the_platform_tells_those_whose_posts_wait(workspace: Workspace) -> None:
    connector = make_connector(workspace)
    post = make_post(workspace, connector, at=timezone.now() + DAY)
    connector.wipe("Its owner took the permission back.", by="Instagram")
    (notice,) = told(post)
    assert "is disconnected: 1 post waits for it" in notice.title and "took the permission back" in notice.text


def test_who_disconnects_an_account_here_is_not_told_of_it(workspace: Workspace) -> None:
    connector = make_connector(workspace)
    make_post(workspace, connector, at=timezone.now() + DAY)
    connector.wipe("", by=make_member(workspace).user)
    assert not Notice.objects.exists()


def test_an_account_without_posts_tells_those_who_can_link_it(workspace: Workspace) -> None:
    manager, viewer = make_member(workspace), make_member(workspace, Role.VIEWER)
    make_connector(workspace).needs_relink("The token is dead.", by="operator")
    notice = Notice.objects.get()
    assert notice.user == manager.user != viewer.user and notice.title.endswith("no post waits for it")


def test_a_commit_without_an_answer_is_not_called_surely_not_live(workspace: Workspace) -> None:
    connector = make_connector(workspace)
    post, _ = in_flight(workspace, connector)
    Post.objects.filter(pk=post.pk).update(commit_sent_at=timezone.now(), commit_open=True)
    connector.needs_relink("The token is dead.", by="worker")
    (notice,) = told(post)
    assert "1 post waits" in notice.title and "not known yet whether it is live" in notice.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"token_expires_at": timezone.now() - DAY}, "has to be linked again"), ({"status": "paused"}, "is paused")],
)
def test_a_post_that_reaches_an_account_that_does_not_work_tells_its_owner(
    fields: dict[str, Any], words: str, workspace: Workspace
) -> None:
    connector = make_connector(workspace)
    post = make_post(workspace, connector)
    states.queue_due([post.pk])
    Connector.objects.filter(pk=connector.pk).update(**fields)
    assert claim(post.pk, worker="test") is None
    (notice,) = told(post)
    assert f"{words}: 1 post waits for it" in notice.title
