"""The fact sheet's tables of Meta's errors (§8, §11), row by row: code in, class and sentence out."""

from __future__ import annotations

import pytest

from connectors.http import Reply
from connectors.platforms.base import NeedsRelink, NotNow, PlatformError, Rejected
from connectors.platforms.instagram import errors
from tests.connectors.platforms.samples import NOW, error

AUTH, RATE, BLOCK, TEMP, FETCH, STATE = NeedsRelink, NotNow, NotNow, NotNow, NotNow, NotNow
CONTENT, MEDIA = Rejected, Rejected
ROWS: list[tuple[int, int, type[PlatformError], str]] = [
    # AUTH
    (190, 0, AUTH, "no longer accepts this account's link"),
    (102, 0, AUTH, "no longer accepts this account's link"),
    (190, 463, AUTH, "link has expired"),
    (190, 467, AUTH, "no longer valid"),
    (190, 460, AUTH, "password was changed"),
    (190, 458, AUTH, "app was removed"),
    (190, 459, AUTH, "log in and confirm"),
    (190, 464, AUTH, "not confirmed"),
    (190, 492, AUTH, "lost their role on its Page"),
    # PERM
    *[(code, 0, AUTH, "lacks a permission") for code in (10, 3, 283, *range(200, 300))],
    (100, 33, TEMP, "does not find it, or does not show it"),
    # CONTENT
    (100, 0, CONTENT, "does not accept a part of this post"),
    (100, 2207023, CONTENT, "Choose another format"),
    (100, 2207028, CONTENT, "2 to 10 media"),
    (100, 2207040, CONTENT, "more than 20 @mentions"),
    *[(100, subcode, CONTENT, "tagged products") for subcode in (2207035, 2207036, 2207037)],
    (36004, 2207010, CONTENT, "too long"),
    (100, 2207081, CONTENT, "trial reels"),
    (197, 0, CONTENT, "post is empty"),
    (506, 0, CONTENT, "same text was posted just now"),
    (100, 1609008, CONTENT, "no links to Facebook"),
    # RATE
    *[(code, 0, RATE, "too many calls") for code in (4, 17, 32, 341, 613, 80001, 80002)],
    (17, 2446079, RATE, "too many calls"),
    *[(code, 0, RATE, "too many calls") for code in (80000, 80003, 80004, 80005, 80006, 80008, 80009, 80014)],
    (9, 2207042, RATE, "daily number of posts"),
    # BLOCK
    (4, 2207051, BLOCK, "for spam"),
    (25, 2207050, AUTH, "has restricted the account"),
    (10, 4279013, AUTH, "has restricted the account"),
    (368, 0, BLOCK, "has blocked this action"),
    (368, 1390008, BLOCK, "posts too fast"),
    (368, 1346003, CONTENT, "abusive"),
    (368, 1404102, CONTENT, "breaks its standards"),
    (368, 1404112, BLOCK, "has limited this account"),
    (200, 1404078, AUTH, "Page Publishing Authorization"),
    (200, 4854002, AUTH, "identity"),
    (200, 1404006, AUTH, "security check"),
    # TEMP
    (1, 0, TEMP, "problem of its own"),
    (2, 0, TEMP, "problem of its own"),
    (-1, 2207001, TEMP, "problem of its own"),
    (-1, 2207032, TEMP, "could not prepare the media"),
    (-1, 2207053, TEMP, "could not take the upload"),
    # FETCH
    (-2, 2207003, FETCH, "took too long to load"),
    (9004, 2207052, FETCH, "could not load the media"),
    (389, 0, FETCH, "could not load the media"),
    (100, 1609005, FETCH, "could not load the page behind the link"),
    # STATE
    (-2, 2207020, STATE, "has expired"),
    (9007, 2207027, STATE, "has not finished processing"),
    (24, 2207008, STATE, "has lost what was prepared"),
    (24, 2207006, STATE, "does not find what was prepared"),
    (24, 4279009, STATE, "does not find what was prepared"),
    (100, 1366051, STATE, "used in a post already"),
    # MEDIA
    (36000, 2207004, MEDIA, "larger than 8 MB"),
    (36001, 2207005, MEDIA, "JPEG pictures only"),
    (36003, 2207009, MEDIA, "4:5 to 1.91:1"),
    (352, 2207026, MEDIA, "cannot process this video"),
    (1, 2207057, MEDIA, "cover's moment"),
    *[(1, subcode, MEDIA, "cannot process this video") for subcode in (2207077, 2207082, 2207085)],
    *[(code, 0, MEDIA, "cannot take this file") for code in (382, 6000, 6001)],
    *[(352, subcode, MEDIA, "cannot take this file") for subcode in (1363040, 1363127, 1363128, 1363129)],
    (100, 1366046, MEDIA, "larger than 4 MB"),
    # config
    (100, 4476002, AUTH, "checks the app's id and secret"),
]


@pytest.mark.parametrize(("code", "subcode", "kind", "sentence"), ROWS)
def test_each_row_of_the_sheet_has_its_error_and_its_sentence(
    code: int, subcode: int, kind: type[PlatformError], sentence: str
) -> None:
    body = error(code, subcode)
    found = errors.refusal(Reply(400, body, body), NOW)
    assert type(found) is kind
    assert sentence in str(found)
    assert found.code == (f"{code}/{subcode}" if subcode else str(code))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_5xx_without_words_is_tried_again(status: int) -> None:
    found = errors.refusal(Reply(status, None, "<html>"), NOW)
    assert type(found) is NotNow and "Collavo tries again" in str(found)


def test_what_meta_calls_transient_is_tried_again_whatever_the_code() -> None:
    body = error(36001, 2207005, is_transient=True)
    found = errors.refusal(Reply(400, body, body), NOW)
    assert type(found) is NotNow and "It may pass" in str(found)
