"""The Instagram publisher against the sandbox, over real HTTP. What counts is the sandbox's own ledger."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest
from pytest_django import Settings

from connectors.http import clock
from connectors.platforms.base import (
    Account,
    CallRecord,
    Content,
    Format,
    LeaseLost,
    Live,
    NeedsRelink,
    NotLive,
    NotNow,
    OutcomeUnknown,
    Rejected,
    Unknown,
    Usage,
    Wait,
)
from connectors.platforms.instagram import INSTAGRAM
from connectors.platforms.problems import problems
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.connectors.platforms import samples
from tests.connectors.sandbox.files import Files, file_server, film, picture
from tests.contract.drive import Drive

PUBLISH = "/media_publish$"
CAPTION = "Autumn linen, by @weaver\nWoven in Bergen 🧶 #linen"


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(image_seconds=0.03, video_seconds=0.05) as control:
        yield control


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with file_server() as served:
        yield served


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    one_sandbox.settings(app_secret="")
    settings.INSTAGRAM_API_URL = one_sandbox.instagram_url
    settings.FACEBOOK_API_URL = one_sandbox.facebook_url
    settings.META_APP_SECRET = ""
    return one_sandbox


@pytest.fixture
def account(sandbox: SandboxControl) -> Account:
    made = sandbox.add_account("linen.studio")
    return replace(samples.account(), remote_id=made["id"], token=made["token"], handle="linen.studio")


@pytest.fixture
def page(sandbox: SandboxControl) -> Account:
    """An account behind Facebook Login: a Page's token, and the user's beside it."""
    made = sandbox.add_account("linen.page", login="facebook")
    return replace(
        samples.account("facebook"), remote_id=made["id"], token=made["token"], extra_token=made["user_token"],
    )  # fmt: skip


@pytest.fixture
def calls() -> list[CallRecord]:
    return []


@pytest.fixture
def image(files: Files) -> Content:
    return Content(Format.IMAGE, CAPTION, (jpeg(files),))


def drive(account: Account, content: Content, calls: list[CallRecord] | None = None, **more: Any) -> Drive:
    seen: list[CallRecord] = [] if calls is None else calls
    publisher = INSTAGRAM.publisher(account, observe=seen.append, deadline=lambda: clock() + 60)
    return Drive(publisher, content, **more)


def jpeg(files: Files, colour: str = "teal", **changes: Any) -> Any:
    body = picture(colour=colour)
    url = files.put(f"{colour}.jpg", body)
    size, digest = len(body), hashlib.sha256(body).hexdigest()
    return samples.picture(url=url, size=size, sha256=digest, **changes)


def mp4(files: Files, **changes: Any) -> Any:
    body = film()
    fits = {"width": 180, "height": 320, "duration": 3.2, "fps": 24.0, "audio_codec": "", "size": len(body)}
    return samples.film(url=files.put("film.mp4", body), sha256=hashlib.sha256(body).hexdigest(), **(fits | changes))


def hashes(post: dict[str, Any]) -> list[str]:
    return [part["sha256"] for part in post["media"]]


# --- Each format goes live, once and as approved ---


@pytest.mark.parametrize("login", ["instagram", "facebook"])
def test_a_picture_goes_live_with_its_caption_and_its_bytes(
    login: Literal["instagram", "facebook"], sandbox: SandboxControl, account: Account, page: Account, image: Content
) -> None:
    owner = account if login == "instagram" else page
    run = drive(owner, image)
    live = run.go()
    assert isinstance(live, Live)
    [post] = sandbox.posts(owner.remote_id)
    assert (post["id"], post["caption"], hashes(post)) == (live.remote_id, CAPTION, [image.media[0].sha256])
    link = run.publisher.link(live.remote_id)
    assert post["shortcode"] in link
    assert live.remote_id not in link


def test_a_carousel_goes_live_with_its_slides_in_order(sandbox: SandboxControl, account: Account, files: Files) -> None:
    slides = (jpeg(files, "teal"), jpeg(files, "maroon", alt_text="A loom"), mp4(files), jpeg(files, "navy"))
    content = Content(Format.CAROUSEL, CAPTION, slides, {"collaborators": ["weaver"], "is_ai_generated": True})
    assert not [p for p in problems(content, INSTAGRAM.rules, "Instagram") if p.blocks]
    assert isinstance(drive(account, content).go(), Live)
    [post] = sandbox.posts(account.remote_id)
    assert hashes(post) == [slide.sha256 for slide in slides]
    assert [part["alt_text"] for part in post["media"]] == ["", "A loom", "", ""]
    assert len(sandbox.containers(account.remote_id)) == 5


def test_a_reel_goes_live_with_its_options(sandbox: SandboxControl, account: Account, files: Files) -> None:
    options = {"share_to_feed": False, "thumb_offset": 0, "user_tags": [{"username": "weaver"}], "location_id": "42"}
    content = Content(Format.REEL, CAPTION, (mp4(files),), options)  # type: ignore[arg-type]
    assert problems(content, INSTAGRAM.rules) == []
    assert isinstance(drive(account, content).go(), Live)
    [post] = sandbox.posts(account.remote_id)
    assert (post["kind"], post["facts"]["share_to_feed"]) == ("reel", "false")
    assert sandbox.containers(account.remote_id)[0]["params"]["thumb_offset"] == "0"


def test_every_call_is_told_with_no_secret_in_it(
    sandbox: SandboxControl, page: Account, image: Content, calls: list[CallRecord], settings: Settings
) -> None:
    settings.META_APP_SECRET = "app-secret-of-ours"
    sandbox.settings(app_secret="app-secret-of-ours")
    assert isinstance(drive(page, image, calls).go(), Live)
    assert len(calls) == sandbox.count_calls(account=page.remote_id)
    for secret in (page.token, page.extra_token, "app-secret-of-ours", image.media[0].url):
        assert secret not in repr(calls)


def test_a_slide_that_could_not_be_fetched_once_is_handed_over_again_alone(
    sandbox: SandboxControl, account: Account, files: Files
) -> None:
    sandbox.fault("refuse", method="POST", path="/media$", nth=2, code=9004, subcode=2207052)
    content = Content(Format.CAROUSEL, "", (jpeg(files, "teal"), jpeg(files, "maroon"), jpeg(files, "navy")))
    assert isinstance(drive(account, content).go(), Live)
    assert len(sandbox.containers(account.remote_id)) == 4, "three slides and the carousel"


def test_a_film_that_failed_to_process_for_once_is_handed_over_again(
    sandbox: SandboxControl, account: Account, files: Files
) -> None:
    sandbox.fault("container_error", method="POST", path="/media$", code=2207003)
    assert isinstance(drive(account, Content(Format.REEL, "", (mp4(files),))).go(), Live)
    assert len(sandbox.containers(account.remote_id)) == 2
    assert len(sandbox.posts(account.remote_id)) == 1


def test_what_instagram_refuses_is_rejected_with_a_sentence(
    sandbox: SandboxControl, account: Account, files: Files
) -> None:
    tall = files.put("tall.jpg", picture(width=400, height=900))
    content = Content(Format.IMAGE, "", (samples.picture(url=tall, width=400, height=900),))
    assert problems(content, INSTAGRAM.rules)[0].code == "media_ratio", "we knew before"
    with pytest.raises(Rejected, match=r"4:5 to 1\.91:1"):
        drive(account, content).go()
    assert sandbox.posts(account.remote_id) == []


def test_a_rate_limit_names_its_end(sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.fault("rate_limit", path="/media$", minutes=19)
    with pytest.raises(NotNow) as raised:
        drive(account, image).go()
    assert raised.value.limit
    assert raised.value.until is not None


def test_nothing_is_sent_after_the_lease(sandbox: SandboxControl, account: Account, image: Content) -> None:
    publisher = INSTAGRAM.publisher(account, observe=lambda _: None, deadline=lambda: -math.inf)
    with pytest.raises(LeaseLost):
        Drive(publisher, image).go()
    assert sandbox.count_calls(account=account.remote_id) == 0


def test_the_quota_is_read_from_the_account(sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.change_account(account.remote_id, quota_total=100)
    run = drive(account, image)
    run.go()
    usage = run.publisher.usage()
    assert isinstance(usage, Usage)
    assert (usage.used, usage.total, usage.window.total_seconds()) == (1, 100, 86400)


# --- The commit's answer is lost or wrong ---


@pytest.mark.parametrize("login", ["instagram", "facebook"])
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("drop_after", {}),
        ("error_but_done", {"status": 500, "code": 2}),
        ("error_but_done", {"status": 400, "code": 4, "subcode": 2207051}),
        ("html", {"when": "after"}),
    ],
)
def test_a_post_that_went_live_behind_an_error_is_found_and_never_sent_again(
    login: str, fault: str, options: dict[str, Any], sandbox: SandboxControl, account: Account, page: Account,
    image: Content,
) -> None:  # fmt: skip
    owner = account if login == "instagram" else page
    sandbox.fault(fault, path=PUBLISH, **options)
    run = drive(owner, image)
    assert isinstance(run.go(), OutcomeUnknown)
    live = run.reconcile()
    [post] = sandbox.posts(owner.remote_id)
    assert isinstance(live, Live)
    assert (live.remote_id, live.url.endswith(post["path"])) == (post["id"], True)
    assert sandbox.count_calls(path=PUBLISH, account=owner.remote_id) == 1


@pytest.mark.parametrize("format_", [Format.CAROUSEL, Format.REEL])
def test_the_other_formats_are_found_too(
    format_: Format, sandbox: SandboxControl, account: Account, files: Files
) -> None:
    media = (mp4(files),) if format_ == Format.REEL else (jpeg(files, "teal"), jpeg(files, "navy"))
    sandbox.fault("drop_after", path=PUBLISH)
    run = drive(account, Content(format_, CAPTION, media))
    assert isinstance(run.go(), OutcomeUnknown)
    assert isinstance(run.reconcile(), Live)
    assert len(sandbox.posts(account.remote_id)) == 1


@pytest.mark.parametrize("fault", ["drop_before", "html"])
def test_a_commit_that_did_nothing_is_sent_again_with_the_same_container(
    fault: str, sandbox: SandboxControl, account: Account, image: Content
) -> None:
    sandbox.fault(fault, path=PUBLISH)
    run = drive(account, image)
    assert isinstance(run.go(), OutcomeUnknown)
    looks: list[int] = []
    verdict = run.reconcile(between=lambda: looks.append(1))
    assert isinstance(verdict, NotLive)
    assert (verdict.drop, len(looks)) == ((), 3)
    assert isinstance(run.go(), Live)
    assert (run.commits, len(sandbox.posts(account.remote_id))) == (2, 1)
    assert len(sandbox.containers(account.remote_id)) == 1


def test_a_second_publish_of_a_live_container_ends_with_the_first_post(
    sandbox: SandboxControl, account: Account, image: Content
) -> None:
    run = drive(account, image)
    first = run.go()
    assert isinstance(run.go(), OutcomeUnknown)
    second = run.reconcile()
    assert isinstance(first, Live)
    assert isinstance(second, Live)
    assert second.remote_id == first.remote_id
    assert len(sandbox.posts(account.remote_id)) == 1


def test_while_the_list_lags_it_is_live_with_its_link_unknown(
    sandbox: SandboxControl, account: Account, image: Content
) -> None:
    sandbox.fault("drop_after", path=PUBLISH)
    sandbox.fault("list_lag", path="/media$", method="GET", times=2)
    run = drive(account, image)
    run.go()
    notes: list[str] = []
    verdict = run.reconcile(between=lambda: notes.append("waited"))
    assert isinstance(verdict, Live)
    assert (verdict.remote_id, len(notes)) == (sandbox.posts(account.remote_id)[0]["id"], 2)


def test_a_twin_made_by_hand_is_not_taken_for_ours(sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.fault("drop_after", path=PUBLISH)
    sandbox.fault("duplicate_caption_present", path=PUBLISH, seconds=10.0)
    run = drive(account, image)
    run.go()
    assert isinstance(run.reconcile(looks=1), Wait)
    assert run.reconcile() == Live("", "", run.sent_at)


def test_a_twin_that_belongs_to_another_post_is_left_to_it(
    sandbox: SandboxControl, account: Account, image: Content
) -> None:
    first = drive(account, image).go()
    assert isinstance(first, Live)
    sandbox.fault("drop_after", path=PUBLISH)
    run = drive(account, image, bound=frozenset({first.remote_id}))
    run.go()
    second = run.reconcile()
    assert isinstance(second, Live)
    assert second.remote_id == sandbox.posts(account.remote_id)[1]["id"]


@pytest.mark.parametrize("fault", ["hide_at", "omit"])
def test_a_caption_that_is_shown_changed_or_not_at_all_is_no_hindrance(
    fault: str, sandbox: SandboxControl, account: Account, image: Content
) -> None:
    sandbox.fault("drop_after", path=PUBLISH)
    sandbox.fault(fault, path="/media$", method="GET", times=0)
    run = drive(account, image)
    run.go()
    assert isinstance(run.reconcile(), Live)


def test_a_container_that_only_the_users_token_is_shown_is_found(
    sandbox: SandboxControl, page: Account, image: Content
) -> None:
    sandbox.fault("drop_after", path=PUBLISH)
    run = drive(page, image)
    run.go()
    sandbox.fault("hundred_33", method="GET", token="page", times=0)
    assert isinstance(run.reconcile(), Live)


def test_a_container_that_nobody_is_shown_is_never_published_again(
    sandbox: SandboxControl, account: Account, image: Content
) -> None:
    sandbox.fault("drop_before", path=PUBLISH)
    run = drive(account, image)
    run.go()
    sandbox.fault("hundred_33", method="GET", path=r"/1788\d+$", times=0)
    assert isinstance(run.reconcile(), Unknown)
    assert sandbox.count_calls(path=PUBLISH, account=account.remote_id) == 1


def test_an_expired_container_is_made_anew(sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.fault("drop_before", path=PUBLISH)
    run = drive(account, image)
    run.go()
    sandbox.clock(86400 + 60)
    verdict = run.reconcile()
    sandbox.clock(0)
    assert isinstance(verdict, NotLive)
    assert "container" in verdict.drop
    assert isinstance(run.go(), Live)
    assert len(sandbox.posts(account.remote_id)) == 1
    assert len(sandbox.containers(account.remote_id)) == 2


def test_a_token_that_dies_at_the_commit_decides_nothing_until_it_is_linked_again(
    sandbox: SandboxControl, account: Account, image: Content
) -> None:
    sandbox.fault("expire_token", path=PUBLISH, when="after", state="expired")
    sandbox.fault("drop_after", path=PUBLISH)
    run = drive(account, image)
    assert isinstance(run.go(), OutcomeUnknown)
    with pytest.raises(NeedsRelink):
        run.reconcile()
    sandbox.change_account(account.remote_id, token_state="live")
    assert isinstance(run.reconcile(), Live)
    assert len(sandbox.posts(account.remote_id)) == 1


def test_a_used_up_quota_is_known_for_what_it_is(sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.change_account(account.remote_id, quota_total=0)
    run = drive(account, image)
    assert isinstance(run.go(), OutcomeUnknown)
    verdict = run.reconcile()
    assert isinstance(verdict, NotLive)
    assert isinstance(verdict.error, NotNow)
    assert (verdict.error.limit, verdict.drop) == (True, ())


# --- Linking ---


def test_an_instagram_token_is_identified_and_verified(sandbox: SandboxControl, account: Account) -> None:
    [profile] = INSTAGRAM.identify("instagram", account.token)
    assert (profile.remote_id, profile.handle) == (account.remote_id, "linen.studio")
    assert INSTAGRAM.verify(account).can["publish"]
    assert not INSTAGRAM.official("instagram")


@pytest.mark.parametrize("hidden", [False, True])
def test_a_users_token_opens_the_pages_account_even_when_the_list_leaves_it_out(
    hidden: bool, sandbox: SandboxControl, page: Account
) -> None:
    sandbox.change_account(page.remote_id, empty_accounts=hidden)
    [profile] = INSTAGRAM.identify("facebook", page.extra_token)
    assert (profile.remote_id, profile.token, profile.extra_token) == (page.remote_id, page.token, page.extra_token)


def test_a_pages_token_opens_its_account(sandbox: SandboxControl, page: Account) -> None:
    [profile] = INSTAGRAM.identify("facebook", page.token)
    assert (profile.remote_id, profile.token) == (page.remote_id, page.token)
    assert INSTAGRAM.verify(page).can["publish"]


@pytest.mark.parametrize("state", ["expired", "revoked", "password", "checkpoint", "invalid"])
def test_a_dead_token_needs_a_new_link(state: str, sandbox: SandboxControl, account: Account, image: Content) -> None:
    sandbox.change_account(account.remote_id, token_state=state)
    for use in (lambda: INSTAGRAM.verify(account), lambda: drive(account, image).go()):
        with pytest.raises(NeedsRelink):
            use()
