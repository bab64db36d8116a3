"""What TikTok tells by itself is believed only with its signature, and only as a hint to ask."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.platforms.oauth import App, Forged, Incoming, Notice, NoticeKind
from connectors.platforms.tiktok.webhooks import TikTokWebhooks, check

APPS = [App("ck_other", "cs_other_secret"), App("ck_test", "cs_test_secret")]
MOMENT = 1767225601
AT = datetime.fromtimestamp(MOMENT, UTC)
BODY = (
    b'{"client_key":"ck_test","event":"post.publish.complete","create_time":1767225600,"user_openid":"open-1",'
    b'"content":"{\\"publish_id\\":\\"v_pub_file~v2-1.7000000000000000001\\",\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
)
SIGNATURE = "edbbe5d3656b97b57b79aeeef62e12cf1dc99d443f9c9c65baf1cdd2991d9f2d"
HEADER = f"t={MOMENT},s={SIGNATURE}"


def incoming(header: str = HEADER, body: bytes = BODY, at: datetime = AT) -> Incoming:
    return Incoming("", {"tiktok-signature": header}, {}, body, at=at)


def test_the_known_vector_is_read() -> None:
    received = TikTokWebhooks().read(incoming(), APPS)
    [notice] = received.notices
    assert received.client_id == "ck_test"
    assert (notice.kind, notice.account) == (NoticeKind.POST, "open-1")
    assert notice.handle == "v_pub_file~v2-1.7000000000000000001"


def test_the_same_thing_told_twice_has_the_same_key() -> None:
    keys = {TikTokWebhooks().read(incoming(), APPS).notices[0].key for _ in range(2)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "header",
    ["", "nonsense", f"t={MOMENT}", f"s={SIGNATURE}", f"t={MOMENT},s=", f"t={MOMENT + 1},s={SIGNATURE}",
     f"t={MOMENT},s={'0' * 64}", f"t=x,s={SIGNATURE}", f"t={MOMENT},s={SIGNATURE}é"],
)  # fmt: skip
def test_without_its_signature_nothing_is_believed(header: str) -> None:
    with pytest.raises(Forged):
        TikTokWebhooks().read(incoming(header), APPS)


def test_a_changed_body_is_not_believed() -> None:
    with pytest.raises(Forged):
        TikTokWebhooks().read(incoming(body=BODY + b" "), APPS)


@pytest.mark.parametrize("off", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_an_old_signature_is_not_believed(off: timedelta) -> None:
    with pytest.raises(Forged):
        check(HEADER, BODY, APPS, AT + off)


def test_an_app_without_a_secret_signs_nothing() -> None:
    with pytest.raises(Forged):
        check(HEADER, BODY, [App("ck_test", "")], AT)


def event(name: str, content: object) -> list[Notice]:
    from connectors.platforms.tiktok.webhooks import _notice

    body = {"event": name, "user_openid": "open-1", "content": content}
    found = _notice(body, "key")  # type: ignore[arg-type]
    return [found] if found else []


@pytest.mark.parametrize(
    "name",
    ["post.publish.complete", "post.publish.failed", "post.publish.inbox_delivered", "post.publish.publicly_available",
     "post.publish.no_longer_publicaly_available"],
)  # fmt: skip
def test_whatever_is_told_of_a_post_leads_to_a_question(name: str) -> None:
    [notice] = event(name, json.dumps({"publish_id": "p1", "reason": "x", "post_id": "7"}))
    assert (notice.kind, notice.handle) == (NoticeKind.POST, "p1")


def test_an_access_that_was_taken_back_is_told() -> None:
    [notice] = event("authorization.removed", json.dumps({"reason": 1}))
    assert (notice.kind, notice.account) == (NoticeKind.REVOKED, "open-1")


@pytest.mark.parametrize("content", ["{}", "no json", 5, None, '{"publish_id": 7}'])
def test_what_names_no_post_is_left_aside(content: object) -> None:
    assert event("post.publish.complete", content) == []


def test_events_that_say_nothing_to_us_are_taken_without_a_word() -> None:
    assert event("video.upload.failed", "{}") == []
