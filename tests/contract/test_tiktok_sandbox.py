"""The TikTok publisher against the sandbox, over real HTTP. What counts is the sandbox's own ledger."""

from __future__ import annotations

import hashlib
import io
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO

import pytest
import requests
from pytest_django import Settings

from connectors.http import clock
from connectors.platforms.base import (
    Account,
    CallRecord,
    Content,
    Done,
    Format,
    Live,
    Medium,
    More,
    NeedsRelink,
    NotLive,
    NotNow,
    OutcomeUnknown,
    Rejected,
    Unknown,
)
from connectors.platforms.oauth import App
from connectors.platforms.tiktok import TIKTOK
from connectors.platforms.tiktok.oauth import LoginKit
from connectors.sandbox.client import SandboxControl, running_sandbox
from tests.connectors.platforms import samples
from tests.connectors.platforms.tiktok import api
from tests.connectors.sandbox.files import Files, file_server, film, picture
from tests.contract.drive import Drive

LAST = "/upload/video"
INIT, PHOTOS = "video/init", "content/init"
CAPTION = "Autumn linen, slowly 🧶 #linen"


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[SandboxControl]:
    with running_sandbox(image_seconds=0.03, video_seconds=0.05, call_limits=False, tiktok_chunk_min=1) as control:
        yield control


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with file_server() as served:
        yield served


@pytest.fixture
def sandbox(one_sandbox: SandboxControl, settings: Settings) -> SandboxControl:
    one_sandbox.reset()
    one_sandbox.settings(video_seconds=0.05, creator_seconds=0.0, call_limits=False)
    one_sandbox.settings(tiktok_lists_photos=False, tiktok_prefixes="")
    settings.TIKTOK_API_URL = settings.TIKTOK_AUTHORIZE_URL = one_sandbox.tiktok_url
    settings.TIKTOK_SITE_URL = one_sandbox.url
    settings.TIKTOK_SINGLE_BYTES = settings.TIKTOK_CHUNK_BYTES = 2000
    return one_sandbox


@pytest.fixture
def account(sandbox: SandboxControl) -> Account:
    return linked(sandbox)


def linked(sandbox: SandboxControl, **values: Any) -> Account:
    made = sandbox.add_account("linen.films", platform="tiktok", login="tiktok", **values)
    return replace(
        api.account(), remote_id=made["id"], token=made["token"], refresh_token=made["refresh_token"],
        handle="linen.films",
    )  # fmt: skip


def drive(account: Account, content: Content, calls: list[CallRecord] | None = None) -> Drive:
    seen: list[CallRecord] = [] if calls is None else calls
    return Drive(TIKTOK.publisher(account, observe=seen.append, deadline=lambda: clock() + 60), content)


BODY = film(width=360, height=640)


def medium(body: bytes = BODY, **changes: Any) -> Medium:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield io.BytesIO(body)

    digest = hashlib.sha256(body).hexdigest()
    return samples.film(size=len(body), sha256=digest, duration=3.2, open=opened, **changes)


def video(body: bytes = BODY, **options: Any) -> Content:
    return Content(Format.VIDEO, CAPTION, (medium(body),), {"privacy_level": "PUBLIC_TO_EVERYONE", **options})


def pulled(files: Files, **options: Any) -> Content:
    content = video(source="pull", **options)
    return replace(content, media=(medium(url=files.put("film.mp4", BODY)),))


def photos(files: Files, **options: Any) -> Content:
    urls = [files.put(f"{colour}.jpg", picture(colour=colour)) for colour in ("teal", "maroon")]
    media = tuple(samples.picture(url=url) for url in urls)
    return Content(Format.CAROUSEL, CAPTION, media, {"privacy_level": "PUBLIC_TO_EVERYONE", **options})


# --- Each way there ---


def test_a_film_goes_up_in_chunks_and_is_live_with_every_byte(sandbox: SandboxControl, account: Account) -> None:
    calls: list[CallRecord] = []
    live = drive(account, video(disable_comment=False), calls).go()
    [post] = sandbox.posts("linen.films")
    assert isinstance(live, Live) and live.remote_id == post["id"]
    assert (post["caption"], post["comments_enabled"]) == (CAPTION, True)
    assert post["media"][0]["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert sandbox.count_calls(method="PUT") == len(BODY) // 2000
    assert not any(
        account.token in str(call) or "upload_token=" in str(call).replace("upload_token=[", "") for call in calls
    )


def test_its_link_is_tiktoks(sandbox: SandboxControl, account: Account) -> None:
    driving = drive(account, video())
    live = driving.go()
    [post] = sandbox.posts("linen.films")
    assert isinstance(live, Live)
    assert driving.publisher.link(live.remote_id) == post["permalink"]
    assert driving.publisher.find(post["permalink"]) is not None
    assert TIKTOK.metrics(account, [live.remote_id])[live.remote_id].views is not None


def test_a_film_by_address_is_fetched_and_live(sandbox: SandboxControl, account: Account, files: Files) -> None:
    live = drive(account, pulled(files)).go()
    [post] = sandbox.posts("linen.films")
    assert isinstance(live, Live) and live.remote_id == post["id"]


def test_photos_are_fetched_and_live_with_their_link(sandbox: SandboxControl, account: Account, files: Files) -> None:
    live = drive(account, photos(files, cover_index=1)).go()
    [post] = sandbox.posts("linen.films")
    assert isinstance(live, Live) and (live.remote_id, live.url) == (post["id"], post["permalink"])
    assert len(post["media"]) == 2 and post["facts"]["cover"] == 1


@pytest.mark.parametrize("format_", ["video", "photos"])
def test_a_draft_is_live_once_its_creator_has_posted_it(
    format_: str, sandbox: SandboxControl, account: Account, files: Files
) -> None:
    sandbox.settings(creator_seconds=0.2)
    content = video() if format_ == "video" else photos(files)
    live = drive(account, replace(content, options={"post_mode": "inbox"})).go()
    assert isinstance(live, Live)
    assert [post["id"] for post in sandbox.posts("linen.films", hidden=True)] == [live.remote_id]
    assert sandbox.posts("linen.films") == []


def test_a_private_post_is_live_without_a_link(sandbox: SandboxControl, account: Account) -> None:
    live = drive(account, video(privacy_level="SELF_ONLY")).go()
    [post] = sandbox.posts("linen.films")
    assert live == Live(note="TikTok gives no link for a post that is not public.")
    assert post["facts"]["seen_by"] == "Only me"


def test_an_app_without_audit_posts_in_private_from_private_accounts_only(sandbox: SandboxControl) -> None:
    private = linked(sandbox, facts={"audited": False, "private_account": True})
    live = drive(replace(private, audited=False), video()).go()
    assert isinstance(live, Live) and "audit" in live.note
    sandbox.change_account("linen.films", facts={"audited": False})
    with pytest.raises(Rejected, match="account itself private"):
        drive(replace(private, audited=False), video()).go()
    assert len(sandbox.posts("linen.films")) == 1


# --- What is in the way ---


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"max_seconds": 2}, Rejected),
        ({"private_account": True}, Rejected),
        ({"refused": "spam_risk_too_many_posts"}, NotNow),
        ({"refused": "reached_active_user_cap"}, NotNow),
        ({"refused": "spam_risk_user_banned_from_posting"}, Rejected),
    ],
)
def test_what_the_account_may_not_do_is_found_out_before_anything_is_sent(
    facts: dict[str, Any], error: type[Exception], sandbox: SandboxControl
) -> None:
    with pytest.raises(error):
        drive(linked(sandbox, facts=facts), video()).go()
    assert sandbox.count_calls(path=INIT) == 0


def test_a_dead_token_is_said(sandbox: SandboxControl, account: Account) -> None:
    sandbox.change_account("linen.films", token_state="expired")
    with pytest.raises(NeedsRelink):
        drive(account, video()).go()


def test_media_that_are_served_elsewhere_are_refused(sandbox: SandboxControl, account: Account, files: Files) -> None:
    sandbox.settings(tiktok_prefixes="https://cdn.example/")
    with pytest.raises(Rejected, match="URL properties"):
        drive(account, photos(files)).go()
    assert sandbox.posts("linen.films") == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (film(width=180, height=320), "too large"),
        (film(width=360, height=640, fps=12), "frames"),
        (b"no film" * 500, "read"),
    ],
)
def test_a_film_that_tiktok_cannot_take_fails_afterwards_with_its_reason(
    body: bytes, word: str, sandbox: SandboxControl, account: Account
) -> None:
    with pytest.raises(Rejected, match=word):
        drive(account, video(body)).go()
    assert sandbox.posts("linen.films") == []


def test_a_picture_that_cannot_be_loaded_is_tried_anew(sandbox: SandboxControl, account: Account, files: Files) -> None:
    content = photos(files)
    files.held.pop("maroon.jpg")
    with pytest.raises(NotNow):
        drive(account, content).go()
    assert sandbox.posts("linen.films") == []


# --- Broken in the middle ---


def test_an_upload_that_breaks_off_goes_on_behind_what_arrived(sandbox: SandboxControl, account: Account) -> None:
    sandbox.fault("drop_after", path=LAST, nth=2)
    driving = drive(account, video())
    assert isinstance(driving.go(), Live)
    assert len(sandbox.posts("linen.films")) == 1
    assert sandbox.count_calls(path=f"post/publish/{INIT}") == 1
    assert driving.retries == 1


def test_an_upload_whose_hour_is_over_is_begun_anew_and_lives_once(sandbox: SandboxControl, account: Account) -> None:
    driving = drive(account, video())
    steps = {step.name: step for step in driving.publisher.steps(driving.content)}
    for name in ("creator", "init"):
        driving.keep(steps[name], steps[name].run(driving.delivery()))
    driving.keep(steps["upload"], steps["upload"].run(driving.delivery()))
    sandbox.clock(3700)
    assert isinstance(driving.go(), Live)
    assert len(sandbox.posts("linen.films")) == 1
    assert sandbox.count_calls(path=INIT) == 2


@pytest.mark.parametrize("fault", ["drop_after", "error_but_done", "html"])
def test_a_lost_answer_to_the_last_chunk_is_found_to_have_arrived(
    fault: str, sandbox: SandboxControl, account: Account
) -> None:
    options: dict[str, Any] = {"when": "after"} if fault == "html" else {}
    sandbox.settings(video_seconds=60.0)
    sandbox.fault(fault, method="PUT", nth=len(BODY) // 2000, **options)
    driving = drive(account, video())
    assert isinstance(driving.go(), OutcomeUnknown)
    assert driving.reconcile() == Done()
    sandbox.clock(61)
    driving.journal["last_chunk"] = True  # as the engine does: the steps behind the commit find out the rest
    assert isinstance(driving.go(), Live)
    assert len(sandbox.posts("linen.films")) == 1
    assert driving.commits == 1


def test_a_lost_last_chunk_is_sent_again_to_the_same_address_and_lives_once(
    sandbox: SandboxControl, account: Account
) -> None:
    sandbox.fault("drop_before", method="PUT", nth=len(BODY) // 2000)
    driving = drive(account, video())
    assert isinstance(driving.go(), OutcomeUnknown)
    assert driving.reconcile() == NotLive("TikTok has not got the whole video: nothing is posted.")
    assert isinstance(driving.go(), Live)
    assert len(sandbox.posts("linen.films")) == 1
    assert sandbox.count_calls(path=INIT) == 1


def test_a_lost_answer_by_address_is_found_in_the_list_of_public_posts(
    sandbox: SandboxControl, account: Account, files: Files
) -> None:
    sandbox.fault("drop_after", path=INIT)
    driving = drive(account, pulled(files))
    assert isinstance(driving.go(), OutcomeUnknown)
    verdict = driving.reconcile(between=lambda: time.sleep(0.2))
    [post] = sandbox.posts("linen.films")
    assert isinstance(verdict, Live) and (verdict.remote_id, verdict.url) == (post["id"], post["permalink"])


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "error_but_done"])
def test_a_lost_answer_to_photos_is_for_a_person_and_nothing_is_sent_again(
    fault: str, sandbox: SandboxControl, account: Account, files: Files
) -> None:
    sandbox.fault(fault, path=PHOTOS)
    driving = drive(account, photos(files))
    assert isinstance(driving.go(), OutcomeUnknown)
    assert isinstance(driving.reconcile(), Unknown)
    assert len(sandbox.posts("linen.films")) <= 1
    assert sandbox.count_calls(path=PHOTOS) == 1


def test_calls_that_come_too_fast_are_waited_for(sandbox: SandboxControl, account: Account) -> None:
    sandbox.settings(call_limits=True)
    publisher = drive(account, video()).publisher
    step = next(step for step in publisher.steps(video()) if step.name == "init")
    for _ in range(6):
        step.run(samples.delivery(video()))
    with pytest.raises(NotNow) as refused:
        step.run(samples.delivery(video()))
    assert refused.value.limit and refused.value.until is not None


# --- Much ---


def test_a_large_film_goes_up_in_constant_memory(
    sandbox: SandboxControl, account: Account, settings: Settings, tmp_path: Any
) -> None:
    settings.TIKTOK_SINGLE_BYTES, settings.TIKTOK_CHUNK_BYTES = 64_000_000, 10_000_000
    path = tmp_path / "film.mp4"
    path.write_bytes(BODY)
    with path.open("r+b") as file:
        file.truncate(75_000_000)  # sparse
    content = video()
    content = replace(content, media=(replace(content.media[0], size=75_000_000, open=lambda: path.open("rb")),))
    driving = drive(account, content)
    steps = {step.name: step for step in driving.publisher.steps(content)}
    for name in ("creator", "init"):
        driving.keep(steps[name], steps[name].run(driving.delivery()))
    tracemalloc.start()
    while isinstance(result := steps["upload"].run(driving.delivery()), More):
        driving.keep(steps["upload"], result)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result == Done(60_000_000)
    assert most < 16_000_000


# --- Linking ---


def test_an_account_is_linked_renewed_and_given_back(sandbox: SandboxControl, account: Account) -> None:
    kit, app, back = LoginKit(), App("ck", "secret of ck"), "http://127.0.0.1:8000/connections/back/"
    verifier = "v" * 50
    page = kit.authorize_url(app, redirect_uri=back, state="s", challenge=kit.pkce.challenge(verifier), again=False)
    decided = {"account": account.remote_id, "decision": "allow"} | {
        f"scope:{scope.name}": "on" for scope in kit.scopes
    }
    assert requests.get(page, timeout=5).status_code == 200
    sent = requests.post(page, data=decided, allow_redirects=False, timeout=5)
    code = sent.headers["Location"].partition("code=")[2].partition("&")[0]
    grant = kit.exchange(app, code=code, redirect_uri=back, verifier=verifier)
    [profile] = kit.choose(app, grant)
    assert (profile.remote_id, profile.handle) == (account.remote_id, "linen.films")
    assert profile.can == {"publish": True, "read_status": True, "read_metrics": True}
    with pytest.raises(Rejected):
        kit.exchange(app, code=code, redirect_uri=back, verifier=verifier)

    mine = replace(account, token=grant.token, refresh_token=grant.refresh_token)
    renewed = kit.refresh(app, mine)
    assert renewed.refresh_token not in ("", grant.refresh_token)
    with pytest.raises(NeedsRelink):
        kit.refresh(app, mine)
    kit.revoke(app, replace(mine, token=renewed.token))
    with pytest.raises(NeedsRelink):
        TIKTOK.verify(replace(mine, token=renewed.token))
