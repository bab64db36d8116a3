"""Web push: a line on the screen of a browser whose owner allowed it, at most once per notice.

As with mails, `pushed_at` is committed before anything is sent. A push is a hint and nothing more: it is not tried
again, because the notice is in the console in any case, and a late push is worse than none.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any, cast
from uuid import UUID

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from collavo import outbound
from collavo.accounts.models import User
from collavo.settings import kept_secret
from collavo.timeline.mailing import subject, unwanted
from collavo.timeline.models import Notice, NoticeQuerySet, PushSubscription

log = logging.getLogger(__name__)

STALE = timedelta(hours=1)  # what could not be pushed for so long is not pushed any more
TTL = int(timedelta(hours=4).total_seconds())  # for which the push service keeps it for a browser that is off
TIMEOUT = 5.0  # seconds, for the connection and for the answer
MOST = 10  # browsers of one person
TITLE, TEXT = 150, 400  # characters; a push holds about 4 kB
GONE = (404, 410)  # RFC 8030: this subscription does not exist any more
CURVE = ec.SECP256R1()


# --- Keys ------------------------------------------------------------------------------------------------------------


@cache
def private_key() -> str:
    """Our VAPID key (RFC 8292), by which push services know us: 32 bytes in base64url."""
    return settings.VAPID_PRIVATE_KEY or kept_secret("vapid_key", _new_key())


def public_key() -> str:
    """What a browser ties its subscription to. Another key means that all have to allow pushes again."""
    number = int.from_bytes(_bytes(private_key()))
    point = ec.derive_private_key(number, CURVE).public_key()
    return _text(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _new_key() -> str:
    return _text(ec.generate_private_key(CURVE).private_numbers().private_value.to_bytes(32))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


# --- Browsers --------------------------------------------------------------------------------------------------------


def subscribe(user: User, *, endpoint: str, p256dh: str, auth: str, browser: str = "") -> PushSubscription:
    """Push to this browser from now on, whoever used it before. ValidationError with a sentence."""
    if sentence := outbound.problem(endpoint) or _key_problem(p256dh, auth):
        raise ValidationError(gettext("This browser cannot be used for pushes. %(sentence)s") % {"sentence": sentence})
    values = {"user": user, "p256dh": p256dh, "auth": auth, "browser": browser[:80], "error": ""}
    with transaction.atomic():
        made, _ = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=values)
        others = PushSubscription.objects.filter(user=user).exclude(pk=made.pk).order_by("-created_at", "-id")
        PushSubscription.objects.filter(pk__in=[s.pk for s in others[MOST - 1 :]]).delete()
    return made


def _key_problem(p256dh: str, auth: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(p256dh))
        return "" if len(_bytes(auth)) == 16 else gettext("Its secret has the wrong length.")
    except (ValueError, binascii.Error):
        return gettext("Its key is not one.")


def browser_name(agent: str) -> str:
    """What a person calls it: "Chrome on Android"."""
    kinds = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac": "Mac"}
    kind = next((name for sign, name in kinds.items() if sign in agent), gettext("A browser"))
    system = next((name for sign, name in systems.items() if sign in agent), "Linux" if "Linux" in agent else "")
    return gettext("%(browser)s on %(system)s") % {"browser": kind, "system": system} if system else kind


# --- Sending ---------------------------------------------------------------------------------------------------------


def waiting() -> NoticeQuerySet:
    """The notices that are to be pushed now."""
    return Notice.objects.filter(push_at__lte=timezone.now())


def send(user_id: UUID) -> int:
    """Push what is due to all browsers of this person. How many took it."""
    taken = _take(user_id)
    if not taken:
        return 0
    payload = compose(taken)
    browsers = PushSubscription.objects.filter(user=user_id)
    return sum(_deliver(browser, payload) for browser in browsers)


@transaction.atomic
def _take(user_id: UUID) -> list[Notice]:
    """Commit that these are pushed now; [] when somebody else did, or when it is too late. One worker at a time."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    now = timezone.now()
    due = waiting().filter(user=user)
    due.filter(unwanted(user)).update(push_at=None)
    due.filter(push_at__lt=now - STALE).update(push_at=None)
    taken = list(due.select_related("workspace").order_by("created_at", "id"))
    Notice.objects.filter(pk__in=[n.pk for n in taken]).update(push_at=None, pushed_at=now)
    return taken


def compose(notices: Sequence[Notice]) -> dict[str, str]:
    """Title, sentence, and the page that it opens, on this installation."""
    first = notices[0]
    if len(notices) == 1:
        return {
            "title": first.title,
            "text": " ".join(first.sentences)[:TEXT],
            "path": first.path,
            "tag": str(first.pk),
        }
    path = reverse("timeline:notices", args=[first.workspace.slug])
    return {
        "title": subject(notices)[:TITLE],
        "text": "; ".join(n.title for n in notices)[:TEXT],
        "path": path,
        "tag": path,
    }


def _deliver(browser: PushSubscription, payload: dict[str, str]) -> bool:
    """Whether its push service took it. A browser that is gone is forgotten."""
    row = PushSubscription.objects.filter(pk=browser.pk)
    try:
        answer = _post(browser, payload)
    except (requests.RequestException, ValueError) as e:
        log.warning("A push service cannot be reached: %s", type(e).__name__)
        row.update(error=gettext("Its push service cannot be reached (%(reason)s).") % {"reason": type(e).__name__})
        return False
    if answer.status_code in GONE:
        row.delete()
        return False
    taken = answer.ok
    row.update(
        **{"pushed_at": timezone.now(), "error": ""}
        if taken
        else {"error": gettext("Refused (%(status)s).") % {"status": answer.status_code}}
    )
    return taken


def _post(browser: PushSubscription, payload: dict[str, str]) -> requests.Response:
    # Here and not above: it brings an HTTP client of its own along, which every process would load.
    from pywebpush import WebPushException, webpush

    with _Session() as session:
        try:
            answer = webpush(
                {"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}},
                json.dumps(payload, ensure_ascii=False), vapid_private_key=private_key(),
                vapid_claims={"sub": _contact()}, headers={"Urgency": "high"}, ttl=TTL, timeout=TIMEOUT,
                requests_session=session,
            )  # fmt: skip
        except WebPushException as e:
            if e.response is None:
                raise ValueError(str(e)) from e
            answer = e.response
    return cast(requests.Response, answer)  # a text only when asked for as a command


class _Session(outbound.PublicSession):
    """What a push service says beside its status does not matter: it is not read, however long it may be."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = super().send(request, **{**kwargs, "stream": True})
        response.close()
        response.raw = io.BytesIO()
        return response


def _contact() -> str:
    """Whom a push service may write to."""
    return settings.BASE_URL if settings.HTTPS else f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
