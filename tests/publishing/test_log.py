"""Every call can be found, read and taken away: redacted, within the workspace, however long the log is."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collavo.accounts.models import Role, Workspace
from publishing.log import COLUMNS, PAGE, Filters, attempts, cell, page
from publishing.models import Attempt, Post
from tests.admin_pages import list_of, press, signed_in
from tests.console import text
from tests.factories import make_connector, make_member, make_post, make_workspace
from tests.publishing.pages import url
from tests.shell import run

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def post(workspace: Workspace) -> Post:
    return make_post(workspace, make_connector(workspace), at=timezone.now() + timedelta(days=1))


@pytest.fixture
def client(workspace: Workspace) -> Client:
    return signed_in(make_member(workspace, Role.VIEWER).user)


def call(post: Post, **fields: Any) -> Attempt:
    values = {
        "fence": 1, "number": 1, "step": "container", "method": "POST", "url": "https://graph.instagram.com/v1/media",
        "started_at": NOON, "duration_ms": 120, "http_status": 200, "request": {"caption": "Linen"},
        "answer": {"id": "1789"},
    }  # fmt: skip
    return post.attempts.create(**values | fields)


def calls(post: Post, count: int) -> None:
    Attempt.objects.bulk_create(
        Attempt(post=post, fence=1, number=1, step=f"child:{n}", started_at=NOON - timedelta(seconds=n // 2))
        for n in range(count)
    )


def found(workspace: Workspace | None = None, **filters: Any) -> set[UUID]:
    return {row.pk for row in attempts(Filters(workspace=workspace, **filters))}


def downloaded(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


# --- Finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "q"),
    [
        ({"platform_code": "36003"}, "36003"),
        ({"correlation_id": "AbCdEf123"}, "abcdef123"),
        ({"step": "child:2"}, "child 2"),
        ({"error": "The picture is too large."}, "too large"),
        ({"answer": {"id": "17895695668004550"}}, "17895695668004550"),
        ({"url": "https://graph.instagram.com/v1/media_publish"}, "media_publish"),
        ({"error": "100% of the quota"}, "100%"),
    ],
)
def test_a_line_is_found_by_code_trace_step_id_and_words(fields: dict[str, Any], q: str, post: Post) -> None:
    wanted, _ = call(post, **fields), call(post)
    assert found(post.workspace, q=q) == {wanted.pk}


def test_a_line_is_found_by_its_post(post: Post, workspace: Workspace) -> None:
    other = make_post(workspace, at=timezone.now() + timedelta(days=1))
    wanted, _ = call(post), call(other)
    Post.objects.filter(pk=post.pk).update(remote_id="17900000000000001")
    for q in (str(post.pk), str(wanted.pk), "17900000000000001"):
        assert found(workspace, q=q) == {wanted.pk}, q
    assert found(workspace, post=post.pk) == found(workspace, account=post.connector) == {wanted.pk}


def test_outcomes_and_status_classes_part_the_log(post: Post) -> None:
    good, refused, said_no, silent = (
        call(post), call(post, http_status=400, error="No."), call(post, error="Spam."), call(post, http_status=None),
    )  # fmt: skip
    assert found(outcome="ok") == {good.pk} and found(outcome="silent") == {silent.pk}
    assert found(outcome="refused") == {refused.pk, said_no.pk}
    assert found(status="2xx") == {good.pk, said_no.pk} and found(status="4xx") == {refused.pk}


def test_since_is_included_and_until_is_not(post: Post) -> None:
    line = call(post)
    assert found(since=NOON, until=NOON + timedelta(seconds=1)) == {line.pk}
    assert not found(until=NOON) and not found(since=NOON + timedelta(microseconds=1))


def test_pages_go_through_the_whole_log_once_even_when_lines_are_pruned_meanwhile(post: Post) -> None:
    calls(post, 2 * PAGE + 7)
    rows, cursor = page(Filters())
    seen = [row.pk for row in rows]
    Attempt.objects.filter(pk=seen[-1]).delete()
    while cursor:
        rows, cursor = page(Filters(), cursor)
        seen += [row.pk for row in rows]
    assert len(seen) == len(set(seen)) == 2 * PAGE + 7
    assert page(Filters(), "nonsense")[0] and page(Filters(), "2026-01-01~x")[0]


# --- The page --------------------------------------------------------------------------------------------------------


def test_a_line_shows_time_answer_trace_and_what_was_said_redacted(
    client: Client, workspace: Workspace, post: Post
) -> None:
    call(post, http_status=400, platform_code="36003", correlation_id="AbC", error="Too large.")
    said = text(client.get(url("log", workspace)))
    for part in ("Container", "1 Jul 14:00:00", "120 ms", "400", "36003", "AbC", '"caption": "Linen"', '"id": "1789"'):
        assert part in said, part


def test_filters_stay_in_the_address_of_the_next_page_and_of_the_exports(
    client: Client, workspace: Workspace, post: Post
) -> None:
    calls(post, PAGE + 3)
    asked = {"q": "child", "outcome": "silent", "since": "2026-07-01T00:00", "post": str(post.pk)}
    shown = client.get(url("log", workspace, **asked)).content.decode()
    links = {html.unescape(link) for link in re.findall(r'href="([^"]*(?:after=|export)[^"]*)"', shown)}
    assert len(links) == 3 and all("outcome=silent" in link and "q=child" in link for link in links)
    (more,) = (link for link in links if "after=" in link)
    part = client.get(more, headers={"HX-Request": "true"}).content.decode()
    assert part.count("<details") == 3 and "<html" not in part


def test_moments_are_those_of_the_workspaces_clocks(client: Client, workspace: Workspace, post: Post) -> None:
    call(post)
    assert "Container" in text(client.get(url("log", workspace, since="2026-07-01T14:00", until="2026-07-01T14:01")))
    assert "Nothing matches" in text(client.get(url("log", workspace, since="2026-07-01T14:01")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"}, {"account": "x"}, {"outcome": "great"}, {"status": "9xx"}, {"post": "7"},
        {"since": "2026-07-02T00:00", "until": "2026-07-01T00:00"}, {"q": "a\0b"}, {"since": "2026-03-29T02:30"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_finds_nothing_and_exports_nothing(
    wrong: dict[str, str], client: Client, workspace: Workspace, post: Post
) -> None:
    call(post)
    shown = client.get(url("log", workspace, **wrong))
    assert shown.status_code == 200 and "The filter cannot be read" in text(shown) and "1789" not in text(shown)
    refused = client.get(url("log_export", workspace, "csv", **wrong))
    assert refused.status_code == 400 and "cannot be read" in refused.content.decode()


def test_empty_and_nothing_found_are_different_things(client: Client, workspace: Workspace) -> None:
    assert "Nothing was sent yet" in text(client.get(url("log", workspace)))
    assert "Nothing matches the filter" in text(client.get(url("log", workspace, q="x")))


def test_nothing_crosses_a_workspace(client: Client, workspace: Workspace) -> None:
    foreign = make_post(make_workspace(), at=timezone.now() + timedelta(days=1))
    call(foreign, platform_code="36003")
    for query in ({}, {"q": "36003"}, {"post": str(foreign.pk)}):
        assert "36003</td>" not in client.get(url("log", workspace, **query)).content.decode()
        assert downloaded(client.get(url("log_export", workspace, "json", **query))).strip() == "[]"
    assert "cannot be read" in text(client.get(url("log", workspace, account=str(foreign.connector_id))))
    assert client.get(url("log", foreign.workspace)).status_code == 404
    assert client.get(url("log_export", foreign.workspace, "csv")).status_code == 404


def test_the_page_takes_as_many_queries_for_many_lines_as_for_one(
    client: Client, workspace: Workspace, post: Post
) -> None:
    call(post)
    client.get(url("log", workspace))
    with CaptureQueriesContext(connection) as one:
        client.get(url("log", workspace))
    for _ in range(3):
        calls(make_post(workspace, at=timezone.now() + timedelta(days=1)), 20)
    with CaptureQueriesContext(connection) as many:
        client.get(url("log", workspace))
    assert len(many) == len(one)


def test_a_post_and_an_account_lead_to_their_lines(client: Client, workspace: Workspace, post: Post) -> None:
    call(post)
    log = url("log", workspace)
    assert f"{log}?post={post.pk}" in client.get(url("post", workspace, post.pk)).content.decode()
    account = client.get(reverse("connectors:account", args=[workspace.slug, post.connector_id])).content.decode()
    assert f"{log}?account={post.connector_id}" in account


# --- Exports ---------------------------------------------------------------------------------------------------------


def test_both_exports_hold_every_column_of_every_line_that_fits(
    client: Client, workspace: Workspace, post: Post
) -> None:
    call(post, correlation_id="AbC")
    call(post, http_status=500)
    rows = list(csv.DictReader(io.StringIO(downloaded(client.get(url("log_export", workspace, "csv", status="2xx"))))))
    lines = json.loads(downloaded(client.get(url("log_export", workspace, "json", status="2xx"))))
    (row,), (line,) = rows, lines
    assert tuple(row) == tuple(line) == tuple(COLUMNS)
    assert row["time"] == line["time"] == "2026-07-01T12:00:00+00:00"
    assert (row["correlation_id"], row["http_status"], line["http_status"]) == ("AbC", "200", 200)
    assert json.loads(row["answer"]) == line["answer"] == {"id": "1789"}


@pytest.mark.parametrize("text", ['=cmd|" /C calc"!A0', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_no_cell_runs_as_a_formula(text: str, client: Client, workspace: Workspace, post: Post) -> None:
    call(post, error=text, platform_code=text[:80], request=text)
    (row,) = csv.DictReader(io.StringIO(downloaded(client.get(url("log_export", workspace, "csv"))), newline=""))
    assert {row["error"], row["platform_code"], row["request"]} == {f"'{text}"}
    assert cell("2026-07-01") == "2026-07-01" and cell(-5) == "-5" and cell(None) == ""


def test_a_long_export_takes_few_queries(client: Client, workspace: Workspace, post: Post) -> None:
    calls(post, 1200)
    with CaptureQueriesContext(connection) as captured:
        lines = json.loads(downloaded(client.get(url("log_export", workspace, "json"))))
    assert len(lines) == 1200 and len(captured) < 15


def test_other_formats_do_not_exist(client: Client, workspace: Workspace) -> None:
    assert client.get(url("log_export", workspace, "xml")).status_code == 404


def test_the_admin_exports_the_chosen_lines(post: Post) -> None:
    chosen, _ = call(post, platform_code="36003"), call(post)
    client = signed_in()
    assert "Export as CSV" in client.get(list_of(Attempt)).content.decode()
    (line,) = json.loads(downloaded(press(client, "export_json", chosen)))
    assert line["platform_code"] == "36003"
    assert downloaded(press(client, "export_csv", chosen)).count("36003") == 1


# --- publish_log -----------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table_and_both_formats(post: Post) -> None:
    call(post, started_at=timezone.now(), platform_code="36003")
    call(post)
    code, table = run("publish_log", "--since", "1d")
    assert code == 0 and "36003" in table and str(post.pk) in table and len(table.splitlines()) == 2
    assert len(json.loads(run("publish_log", "--format", "json")[1])) == 2
    rows = list(csv.DictReader(io.StringIO(run("publish_log", "--since", "1d", "--format", "csv")[1])))
    assert [row["platform_code"] for row in rows] == ["36003"]


def test_the_commands_filters_are_those_of_the_page(post: Post) -> None:
    call(post, http_status=400, error="Too large.")
    for words in (
        ("--workspace", post.workspace.slug), ("--connector", post.connector_id), ("--post", post.pk),
        ("--outcome", "refused"), ("--status", "4xx"), ("--search", "too large"), ("--until", "2026-07-02T00:00"),
    ):  # fmt: skip
        assert "Too large." in run("publish_log", *words)[1], words
    for words in (("--outcome", "ok"), ("--search", "nothing"), ("--until", "2026-07-01T12:00")):
        assert run("publish_log", *words) == (0, "No call fits.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "yesterday"), ("--workspace", "nowhere"), ("--connector", "7"), ("--post", str(uuid4())),
        ("--limit", "0"), ("--since", "1h", "--until", "2h"), ("--search", "a\0b"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence(words: tuple[str, ...]) -> None:
    code, said = run("publish_log", *words)
    assert code == 2 and len(said.splitlines()) == 1
