"""What becomes of a post: the engine against the sandbox over HTTP. The sandbox's ledger counts what is live."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Rights, Version
from collavo.accounts.models import Workspace
from collavo.threads import stopping
from collavo.timeline.models import Event
from connectors.models import Connector, ConnectorStatus
from connectors.sandbox.client import SandboxControl
from publishing import dispatcher, engine, verbs
from publishing.models import Attempt, Hold, Post, Status
from tests.factories import (
    jpeg,
    make_approved,
    make_connector,
    make_media,
    make_member,
    make_post,
    make_workspace,
    numbers,
)

pytestmark = pytest.mark.django_db


def linked(sandbox: SandboxControl, workspace: Workspace) -> Connector:
    account = sandbox.add_account(f"fjord.{next(numbers)}")
    return make_connector(workspace, token=account["token"], remote_id=account["id"], handle=account["username"])


def new_post(sandbox: SandboxControl, **fields: Any) -> Post:
    workspace = fields.pop("workspace", None) or make_workspace()
    return make_post(workspace, fields.pop("connector", None) or linked(sandbox, workspace), **fields)


def run_once(post: Post) -> Post:
    """What dispatcher and worker do, once, with the clock moved to the post's moment."""
    past = timezone.now() - timedelta(seconds=1)
    waiting = Post.objects.filter(pk=post.pk, due_at__isnull=False)
    waiting.filter(lease_token=None).update(due_at=past)
    waiting.filter(lease_token__isnull=False).update(due_at=past, lease_until=past)
    dispatcher.dispatch_due()
    engine.advance(post.pk, worker="test")
    return Post.objects.get(pk=post.pk)


def settle(post: Post, most: int = 12) -> Post:
    """Run it until nobody has to act any more."""
    for _ in range(most):
        post = run_once(post)
        if post.due_at is None:
            return post
    raise AssertionError(f"Not settled: {post.status}, {post.hold}, {post.step}, {post.error}")


def test_an_image_goes_live_once_with_its_link_and_its_history(sandbox: SandboxControl) -> None:
    post = settle(new_post(sandbox, caption="Linen, slowly."))
    [live] = sandbox.posts()
    assert post.status == Status.PUBLISHED
    assert (live["caption"], live["id"], live["permalink"]) == ("Linen, slowly.", post.remote_id, post.url)
    verbs_told = list(Event.objects.about(post).values_list("verb", flat=True))
    assert verbs_told == ["scheduled", "queued", "publishing", "published"]
    steps = list(Attempt.objects.filter(post=post).order_by("started_at").values_list("step", flat=True))
    assert steps == ["quota", "container", "ready", "publish", "link"]


def test_a_carousel_goes_live_as_one_post_with_its_pictures_in_order(sandbox: SandboxControl) -> None:
    workspace = make_workspace()
    creator = make_member(workspace, "creator")
    media = [make_media(creator, jpeg(colour=colour)) for colour in ("red", "green", "blue", "white")]
    post = settle(new_post(sandbox, workspace=workspace, creator=creator, media=media, format="carousel"))
    [live] = sandbox.posts()
    assert post.status == Status.PUBLISHED and live["id"] == post.remote_id
    assert len(live["media"]) == 4


def test_no_token_is_stored_in_the_dispatch_log(sandbox: SandboxControl) -> None:
    post = settle(new_post(sandbox))
    lines = str(list(Attempt.objects.filter(post=post).values()))
    assert post.connector.token not in lines
    assert "/m/" not in lines or "[redacted]" in lines


@pytest.mark.parametrize("fault", ["drop_after", "error_but_done"])
def test_a_lost_or_wrong_answer_to_the_commit_ends_in_one_post_and_the_truth(
    sandbox: SandboxControl, fault: str
) -> None:
    post = new_post(sandbox)
    sandbox.fault(fault, method="POST", path="media_publish")
    post = settle(post)
    [live] = sandbox.posts()
    assert (post.status, post.remote_id, post.url) == (Status.PUBLISHED, live["id"], live["permalink"])
    assert sandbox.count_calls(method="POST", path="media_publish") == 1


def test_a_commit_that_never_arrived_is_sent_again_only_after_the_platform_was_asked(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("drop_before", method="POST", path="media_publish")
    post = settle(post)
    assert post.status == Status.PUBLISHED
    assert len(sandbox.posts()) == 1
    containers = {c["id"] for c in sandbox.containers()}
    assert len(containers) == 1, "the same container was published, no second one was made"


def test_a_lost_answer_to_a_container_is_harmless(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("drop_after", method="POST", path="/media$")
    post = run_once(post)
    assert (post.status, post.hold, post.tries) == (Status.QUEUED, Hold.RETRY, 1)
    assert settle(post).status == Status.PUBLISHED
    assert len(sandbox.posts()) == 1


def test_a_worker_that_died_before_the_commit_is_resumed_where_it_was(sandbox: SandboxControl) -> None:
    from publishing.checkpoints import reached

    def die(name: str, **_: object) -> None:
        if name == "ready:before_call":
            raise SystemExit

    post = new_post(sandbox)
    reached.connect(die)
    try:
        with pytest.raises(SystemExit):
            run_once(post)
    finally:
        reached.disconnect(die)
    assert Post.objects.get(pk=post.pk).status == Status.PUBLISHING
    assert settle(post).status == Status.PUBLISHED
    assert sandbox.count_calls(method="POST", path="/media$") == 1


@pytest.mark.parametrize("moment", ["link:before_call", "link:after_commit"])
def test_a_fault_of_ours_behind_the_publication_never_touches_it(sandbox: SandboxControl, moment: str) -> None:
    from publishing.checkpoints import reached

    def break_(name: str, **_: object) -> None:
        if name == moment:
            raise RuntimeError("broken")

    post = new_post(sandbox)
    reached.connect(break_)
    try:
        with suppress(RuntimeError):  # the worker's thread logs it, and leaves the post to its lease
            run_once(post)
    finally:
        reached.disconnect(break_)
    post = Post.objects.get(pk=post.pk)
    assert (post.status, post.hold, post.step, post.error) == (Status.PUBLISHED, Hold.NONE, "", "")
    post = settle(post)
    assert (post.status, bool(post.url)) == (Status.PUBLISHED, True)
    assert len(sandbox.posts()) == 1


def test_a_refusal_for_good_is_failed_with_a_sentence_and_not_tried_again(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("refuse", method="POST", path="/media$", status=400, code=36003, subcode=2207009)
    post = settle(post)
    assert post.status == Status.FAILED and post.error
    assert sandbox.count_calls(method="POST", path="/media$") == 1
    assert sandbox.posts() == []


def test_a_failed_post_is_retried_from_the_beginning_when_a_person_says_so(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("refuse", method="POST", path="/media$", status=400, code=36003, subcode=2207009)
    post = settle(post)
    verbs.retry(post, by=make_member(post.workspace))
    assert settle(post).status == Status.PUBLISHED


def test_after_the_last_try_it_is_failed_and_says_how_often_it_was_tried(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("refuse", method="POST", path="/media$", status=500, code=2, transient=True, times=0)
    post = settle(post)
    assert post.status == Status.FAILED
    assert "5 tries" in post.error
    assert sandbox.count_calls(method="POST", path="/media$") == 5


def test_a_dead_token_takes_the_account_out_and_linking_it_again_releases_its_posts(
    sandbox: SandboxControl, django_capture_on_commit_callbacks: Any
) -> None:
    post = new_post(sandbox)
    sandbox.change_account(post.connector.remote_id, token_state="expired")
    post = settle(post)
    connector = Connector.objects.get(pk=post.connector_id)
    assert (post.status, post.hold, connector.status) == (Status.QUEUED, Hold.CONNECTOR, ConnectorStatus.NEEDS_RELINK)
    sandbox.change_account(post.connector.remote_id, token_state="live")
    with django_capture_on_commit_callbacks(execute=True):
        connector.verify(by="test")
    assert settle(post).status == Status.PUBLISHED
    assert len(sandbox.posts()) == 1


# --- what must not go out --------------------------------------------------------------------------------------------


def nothing_was_sent(sandbox: SandboxControl, post: Post) -> None:
    assert post.status == Status.FAILED
    assert "Nothing was sent" in post.error
    assert sandbox.count_calls(method="POST") == 0


@pytest.mark.parametrize("change", [{"caption": "Buy now!"}, {"options": {"share_to_feed": False}}])
def test_a_version_changed_by_sql_after_its_approval_is_not_sent(
    sandbox: SandboxControl, change: dict[str, Any]
) -> None:
    post = new_post(sandbox)
    Version.objects.filter(pk=post.version_id).update(**change)
    post = settle(post)
    nothing_was_sent(sandbox, post)
    assert "seal is broken" in post.error


def test_a_file_changed_on_disk_after_its_approval_is_not_sent(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    [item] = post.version.ordered_items()
    Path(item.media.file.path).write_bytes(jpeg(colour="red"))
    post = settle(post)
    nothing_was_sent(sandbox, post)
    assert "seal is broken" in post.error


def test_another_account_put_into_the_row_by_sql_is_not_sent_to(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    Post.objects.filter(pk=post.pk).update(connector=linked(sandbox, post.workspace))
    nothing_was_sent(sandbox, settle(post))


def test_an_asset_discarded_after_scheduling_is_not_sent(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    post.version.asset.discard(by=make_member(post.workspace))
    nothing_was_sent(sandbox, settle(post))


def test_an_asset_discarded_while_the_platform_processes_is_not_published(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    sandbox.fault("container_stuck", method="POST", path="/media$", seconds=3600.0)
    post = run_once(post)
    assert (post.status, post.hold) == (Status.PUBLISHING, Hold.PLATFORM)
    post.version.asset.discard(by=make_member(post.workspace))
    sandbox.clock(4000)
    post = settle(post)
    assert post.status == Status.FAILED and "Nothing is live" in post.error
    assert sandbox.posts() == [] and sandbox.count_calls(method="POST", path="media_publish") == 0


def test_rights_that_ended_after_scheduling_block_in_the_claim(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    Rights.objects.create(
        workspace=post.workspace, asset=post.version.asset, ends_on=timezone.now().date() - timedelta(days=2)
    )
    post = settle(post)
    nothing_was_sent(sandbox, post)
    assert "rights do not cover Instagram" in post.error


def test_posts_over_the_daily_cap_wait_for_the_window_and_keep_their_place(sandbox: SandboxControl) -> None:
    workspace = make_workspace()
    connector = linked(sandbox, workspace)
    Connector.objects.filter(pk=connector.pk).update(daily_cap=2)
    posts = [settle_or_wait(new_post(sandbox, workspace=workspace, connector=connector)) for _ in range(3)]
    assert [p.status for p in posts] == [Status.PUBLISHED, Status.PUBLISHED, Status.QUEUED]
    third = posts[2]
    assert third.hold == Hold.LIMIT and third.due_at and third.due_at > timezone.now() + timedelta(hours=23)
    assert len(sandbox.posts()) == 2


def settle_or_wait(post: Post) -> Post:
    for _ in range(6):
        post = run_once(post)
        if post.due_at is None or post.hold == Hold.LIMIT:
            break
    return post


def test_a_post_that_an_outage_made_too_late_waits_for_a_person(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    Post.objects.filter(pk=post.pk).update(scheduled_at=timezone.now() - timedelta(hours=5))
    post = settle(post)
    assert (post.status, post.hold) == (Status.QUEUED, Hold.LATE)
    assert sandbox.posts() == []
    verbs.send_now(post, by=make_member(post.workspace))
    assert settle(post).status == Status.PUBLISHED


@pytest.mark.parametrize(("policy", "status"), [("publish", Status.PUBLISHED), ("skip", Status.CANCELED)])
def test_late_posts_follow_the_workspaces_policy(sandbox: SandboxControl, policy: str, status: Status) -> None:
    post = new_post(sandbox, workspace=make_workspace(late_policy=policy))
    Post.objects.filter(pk=post.pk).update(scheduled_at=timezone.now() - timedelta(hours=5))
    assert settle(post).status == status


def test_the_public_form_of_a_version_is_what_was_approved(sandbox: SandboxControl) -> None:
    workspace = make_workspace()
    version = make_approved(workspace, caption="Çà et là — 🧵")
    post = verbs.publish_now(version, linked(sandbox, workspace), by=make_member(workspace))
    settle(post)
    assert sandbox.posts()[0]["caption"] == "Çà et là — 🧵"


def test_a_worker_that_is_about_to_end_hands_its_post_back_and_the_next_one_goes_on(sandbox: SandboxControl) -> None:
    post = new_post(sandbox)
    stopping.set()
    try:
        post = run_once(post)
        assert (post.status, post.lease_token) == (Status.PUBLISHING, None)
        assert post.due_at and post.due_at <= timezone.now()
        assert not sandbox.posts()
    finally:
        stopping.clear()
    assert settle(post).status == Status.PUBLISHED
    assert len(sandbox.posts()) == 1
