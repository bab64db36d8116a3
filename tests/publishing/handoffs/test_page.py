"""The creator's page: everything is ready, what they say counts once, and nobody else sees or says anything."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from approvals.models import Asset, Media
from collavo.accounts.models import Role
from publishing import verbs as posts
from publishing.handoffs import verbs
from publishing.handoffs.people import Actor
from publishing.handoffs.personal_links import path_for
from publishing.models import Handoff, HandoffLink, HandoffState, Post, Status
from tests.console import text
from tests.factories import jpeg, make_media, make_member, make_workspace
from tests.publishing.handoffs.given import make_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_guesses_yet() -> None:
    cache.clear()


@pytest.fixture
def handoff() -> Handoff:
    return make_handoff(options={"link": "https://fjord.example/pop-up?utm_source=ig"}, caption="Pop-up opens at six.")


@pytest.fixture
def phone() -> Client:
    """A browser without an account that would send every form its token, if there were one."""
    return Client(enforce_csrf_checks=True)


def at(handoff: Handoff, rest: str = "") -> str:
    assert handoff.assignee
    return path_for(handoff, handoff.assignee) + rest


def state(handoff: Handoff) -> tuple[str, str]:
    handoff.refresh_from_db()
    return handoff.state, Post.objects.get(pk=handoff.post_id).status


# --- What is shown ---------------------------------------------------------------------------------------------------


def test_the_page_has_the_steps_of_this_platform_and_format_with_everything_ready(
    handoff: Handoff, phone: Client
) -> None:
    page = phone.get(at(handoff))
    said = text(page)
    for part in (
        "Post this story on Instagram", "as fjord.supply, for Fjord Supply", "Europe/Zurich", "Save the picture",
        "Add the link sticker", "https://fjord.example/pop-up?utm_source=ig", "Copy link", "Pop-up opens at six.",
        "Copy text", "Share it as a story", "Open Instagram", "I posted it", "I could not", "Later",
    ):  # fmt: skip
        assert part in said
    assert said.index("Save the picture") < said.index("Add the link sticker") < said.index("Open Instagram")
    assert "music" not in said, "what this post does not have is left out"


def test_a_carousel_is_saved_in_order_each_file_under_a_name_that_speaks(phone: Client) -> None:
    workspace = make_workspace()
    creator = make_member(workspace, Role.CREATOR)
    media = [make_media(creator, jpeg(colour=colour)) for colour in ("red", "blue", "green")]
    handoff = make_handoff(workspace, creator=creator, format="carousel", media=media, options={"music": "Slow linen"})
    page = phone.get(at(handoff)).content.decode()
    assert re.findall(r'download="([^"]+)"', page) == [f"overshirt-{n}-of-3.jpg" for n in (1, 2, 3)]
    for number, medium in enumerate(media, 1):
        answer = phone.get(at(handoff, f"media/{number}"), {"save": ""})
        assert answer.getvalue() == medium.open_bytes().read(), "whole and as approved"
        assert answer["Content-Disposition"] == f'attachment; filename="overshirt-{number}-of-3.jpg"'
        assert phone.get(at(handoff, f"media/{number}/small")).status_code == 200
    assert phone.get(at(handoff, "media/4")).status_code == phone.get(at(handoff, "media/0")).status_code == 404


def test_a_part_of_a_file_is_given_when_a_part_is_asked_for(handoff: Handoff, phone: Client) -> None:
    answer = phone.get(at(handoff, "media/1"), headers={"Range": "bytes=2-5"})
    assert (answer.status_code, answer["Content-Length"]) == (206, "4")
    assert answer["Content-Range"].startswith("bytes 2-5/")


def test_nothing_of_it_is_indexed_or_told_to_others(handoff: Handoff, phone: Client) -> None:
    for rest in ("", "media/1", "qr.svg", "manifest.webmanifest"):
        answer = phone.get(at(handoff, rest))
        assert "noindex" in answer["X-Robots-Tag"] and answer["Referrer-Policy"] == "no-referrer"
        assert "private" in answer["Cache-Control"]


def test_it_can_be_put_on_the_home_screen_and_shown_as_a_qr_code(handoff: Handoff, phone: Client) -> None:
    about = json.loads(phone.get(at(handoff, "manifest.webmanifest")).content)
    assert about["start_url"] == about["scope"] == at(handoff) and about["display"] == "standalone"
    assert {icon["sizes"] for icon in about["icons"]} == {"192x192", "512x512"}
    code = phone.get(at(handoff, "qr.svg"))
    assert code["Content-Type"] == "image/svg+xml" and b"<svg" in code.content


def test_the_page_costs_the_same_with_one_file_and_with_ten(phone: Client, django_assert_num_queries: Any) -> None:
    workspace = make_workspace()
    creator = make_member(workspace, Role.CREATOR)
    media = [make_media(creator, jpeg(colour=f"#0000{n:02x}")) for n in range(10)]
    small = at(make_handoff(workspace, creator=creator, media=media[:1]))
    large = at(make_handoff(workspace, creator=creator, media=media, format="carousel", options={"music": "x"}))
    for address in (small, large):
        phone.get(address)
        with django_assert_num_queries(5):
            phone.get(address)


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_a_stranger_with_a_changed_link_gets_nothing(handoff: Handoff, phone: Client) -> None:
    good = at(handoff).split("/")[2]
    for rest in ("", "media/1", "qr.svg", "manifest.webmanifest", "posted/"):
        answer = phone.get(f"/h/{good[:-2]}xx/{rest}")
        assert answer.status_code == 404 and answer.content == b"Nothing is here."
    answer = phone.post(f"/h/{good[:-2]}xx/posted/", {"statement": "It is live."})
    assert answer.status_code == 404 and state(handoff) == ("open", "awaiting_creator")


def test_guessing_is_slowed_down_and_the_good_link_still_opens(handoff: Handoff, phone: Client) -> None:
    answers = [phone.get(f"/h/guess-{n}/").status_code for n in range(25)]
    assert answers[0] == 404 and answers[-1] == 429
    assert phone.get(at(handoff)).status_code == 200


def test_guessing_is_counted_from_one_again_when_the_count_ends_in_between(
    phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "add", lambda *_: False)  # it was there a moment ago
    assert [phone.get("/h/guess/").status_code for _ in range(25)] == [404] * 20 + [429] * 5


def test_whoever_holds_a_revoked_link_is_told_so_and_can_do_nothing(handoff: Handoff, phone: Client) -> None:
    address = at(handoff)
    other = make_member(handoff.workspace, Role.CREATOR)
    verbs.assign(handoff, to=other.user, by=Actor.member(make_member(handoff.workspace)))
    answer = phone.get(address)
    assert answer.status_code == 410 and "given to somebody else" in text(answer)
    assert "Overshirt" not in text(answer) and "noindex" in answer["X-Robots-Tag"]
    assert phone.post(address + "posted/", {"statement": "Live."}).status_code == 410
    assert phone.get(address + "media/1").status_code == 410 and state(handoff)[0] == "open"


def test_an_ended_link_is_told_so(handoff: Handoff, phone: Client) -> None:
    address = at(handoff)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert "Its time is over" in text(phone.get(address))


# --- What is said ----------------------------------------------------------------------------------------------------


def test_a_sentence_is_enough_where_the_platform_gives_no_link(handoff: Handoff, phone: Client) -> None:
    answer = phone.post(at(handoff, "posted/"), {"statement": "It is in my story."}, follow=True)
    assert "Thank you, it is published" in text(answer) and "Mara Weiss said so" in text(answer)
    assert state(handoff) == (HandoffState.DONE, Status.PUBLISHED)
    assert handoff.statement == "It is in my story." and handoff.done_by == handoff.assignee


def test_a_screenshot_is_enough_too_and_is_kept_as_evidence(handoff: Handoff, phone: Client) -> None:
    shot = SimpleUploadedFile("shot.jpg", jpeg(colour="pink"))
    phone.post(at(handoff, "posted/"), {"screenshot": shot})
    assert state(handoff)[0] == HandoffState.DONE
    assert handoff.screenshot and handoff.screenshot.uploaded_by == handoff.assignee


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(handoff: Handoff, phone: Client) -> None:
    answer = phone.post(at(handoff, "posted/"), {"screenshot": SimpleUploadedFile("x.jpg", b"words"), "statement": ""})
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert state(handoff)[0] == "open"


def test_a_refusal_loses_nothing_of_what_was_filled_in(handoff: Handoff, phone: Client) -> None:
    shot = SimpleUploadedFile("shot.jpg", jpeg(colour="pink"))
    wrong = {"screenshot": shot, "statement": "Really.", "url": "https://example.org/not-there"}
    answer = phone.post(at(handoff, "posted/"), wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and "does not lead to Instagram" in text(answer)
    assert "Really." in page and "https://example.org/not-there" in page and "Kept: shot.jpg" in page
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    assert kept
    phone.post(at(handoff, "posted/"), {"kept": html.unescape(kept[1]), "statement": "Really."})
    assert state(handoff)[0] == HandoffState.DONE and handoff.screenshot and Media.objects.count() == 2


def test_somebody_elses_screenshot_cannot_be_named(handoff: Handoff, phone: Client) -> None:
    phone.post(at(handoff, "posted/"), {"kept": str(Media.objects.get().pk), "statement": "It is live."})
    assert state(handoff)[0] == HandoffState.DONE and handoff.screenshot is None


def test_where_the_platform_gives_a_link_it_is_asked_for(phone: Client) -> None:
    handoff = make_handoff(format="image", options={"music": "Slow linen"})
    assert "Add this music" in text(phone.get(at(handoff)))
    answer = phone.post(at(handoff, "posted/"), {"statement": "It is live."})
    assert answer.status_code == 422 and "Paste the link of the live post" in text(answer)
    assert 'name="screenshot"' not in answer.content.decode()


def test_nothing_at_all_is_not_enough(handoff: Handoff, phone: Client) -> None:
    answer = phone.post(at(handoff, "posted/"), {})
    assert answer.status_code == 422 and "Add the link, a screenshot, or a sentence" in text(answer)


def test_said_twice_it_is_published_once_and_the_page_says_how_it_stands(handoff: Handoff, phone: Client) -> None:
    for _ in range(2):
        answer = phone.post(at(handoff, "posted/"), {"statement": "It is live."}, follow=True)
        assert "Thank you, it is published" in text(answer)
    assert Post.objects.get(pk=handoff.post_id).status == Status.PUBLISHED


def test_could_not_gives_it_back_with_the_reason(handoff: Handoff, phone: Client) -> None:
    answer = phone.post(at(handoff, "could-not/"), {"reason": "  "})
    assert answer.status_code == 422 and "Say in a sentence why" in text(answer)
    answer = phone.post(at(handoff, "could-not/"), {"reason": "The sticker is gone."}, follow=True)
    assert "It was given back" in text(answer) and "The sticker is gone." in text(answer)
    assert state(handoff) == (HandoffState.FAILED, Status.FAILED)


def choices(page: Any) -> list[str]:
    return [html.unescape(value) for value in re.findall(r'<option value="([^"]+)"', page.content.decode())]


def test_later_moves_it_within_the_window(handoff: Handoff, phone: Client) -> None:
    offered = choices(phone.get(at(handoff)))
    assert len(offered) > 3
    answer = phone.post(at(handoff, "later/"), {"at": offered[0]}, follow=True)
    assert "Moved to later" in text(answer) and "Europe/Zurich" in text(answer)
    assert state(handoff) == (HandoffState.MOVED, Status.SCHEDULED)


@pytest.mark.parametrize(
    "wrong", ["", "soon", "2026-13-01T00:00:00Z", "2031-01-01T10:00:00+00:00", "2020-01-01T10:00Z"]
)
def test_a_moment_outside_of_the_window_is_refused(wrong: str, handoff: Handoff, phone: Client) -> None:
    assert phone.post(at(handoff, "later/"), {"at": wrong}).status_code == 422
    assert state(handoff)[0] == "open"


def test_when_the_window_is_over_the_page_says_what_can_be_done_instead(handoff: Handoff, phone: Client) -> None:
    address = at(handoff)
    with time_machine.travel(handoff.latest_at + timedelta(hours=1)):
        said = text(phone.get(address))
    assert "Post it now, or say that you cannot" in said and "Overdue: it was planned for" in said


# --- What happened meanwhile -----------------------------------------------------------------------------------------


def test_canceled_meanwhile(handoff: Handoff, phone: Client) -> None:
    posts.cancel(Post.objects.get(pk=handoff.post_id), by=make_member(handoff.workspace))
    assert "It is not to be posted any more" in text(phone.get(at(handoff)))
    answer = phone.post(at(handoff, "posted/"), {"statement": "But I did."})
    assert "It is not to be posted any more" in text(answer)
    assert phone.get(at(handoff, "media/1")).status_code == 410


def test_found_by_collavo_meanwhile(handoff: Handoff, phone: Client) -> None:
    Handoff.objects.filter(pk=handoff.pk).update(
        state="done", found_by="collavo", done_at=timezone.now(), url="https://www.instagram.com/p/x/"
    )
    said = text(phone.get(at(handoff)))
    assert "Published, found by Collavo" in said and "See it on Instagram" in said
    assert "found by Collavo" in text(phone.post(at(handoff, "posted/"), {"statement": "I did it."}, follow=True))


def test_no_longer_approved_meanwhile_nothing_is_given_out_any_more(handoff: Handoff, phone: Client) -> None:
    Asset.objects.update(discarded_at=timezone.now())
    page = phone.get(at(handoff))
    assert "Do not post this now" in text(page) and "discarded" in text(page)
    assert "Save the picture" not in text(page) and "Pop-up" not in text(page)
    assert phone.get(at(handoff, "media/1")).status_code == 410
    answer = phone.post(at(handoff, "posted/"), {"statement": "It was out before."}, follow=True)
    assert "Thank you" in text(answer), "what is live is live: saying so must be possible"


def test_looking_at_it_changes_nothing_but_that_it_was_opened(handoff: Handoff, phone: Client) -> None:
    phone.get(at(handoff))
    phone.head(at(handoff))
    for rest in ("posted/", "could-not/", "later/"):
        assert phone.get(at(handoff, rest))["Location"] == at(handoff), "a mail scanner that follows links"
    assert state(handoff) == ("open", "awaiting_creator") and HandoffLink.objects.get().opened_at
