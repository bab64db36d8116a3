"""The console's pages: SQL statements and server time, with few rows and with many."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals.models import Case
from approvals.states import VersionStatus
from publishing.models import Post, Status
from tests.bench import rows
from tests.bench.figures import Figure
from tests.bench.stage import NotMeasured, Stage

PAGES = {
    "Approvals": "approvals:queue",
    "Board": "publishing:board",
    "Calendar": "publishing:calendar",
    "Gallery": "publishing:gallery",
    "Case": "approvals:case",
}
MOST = 12  # SQL statements of a page
CHANNELS = 6  # accounts that each posted version goes to: three times as many posts as assets in the end
LINES = 20  # of history per asset
STATES = (Status.SCHEDULED, Status.QUEUED, Status.PUBLISHED, Status.FAILED)


def run(stage: Stage) -> Iterator[Figure]:
    few, many = 500, stage.size(50_000, 5_000)
    stage.empty()
    stage.say(f"pages: making {few + many:,} assets")
    slugs = {count: fill(f"pages-{count}", count) for count in (20, 200, few, many)}
    rows.analyze()
    stage.say(f"pages: {rows.counted(slugs[many])} in the big workspace")
    for name, view in PAGES.items():
        yield from _queries(name, view, slugs[20], slugs[200])
        yield from _times(stage, name, view, slugs[few], slugs[many], many)


def fill(slug: str, assets: int) -> str:
    """A workspace as it looks after a while: a third in review, the rest decided, half of those on their way."""
    scene = rows.scene(slug, connectors=CHANNELS)
    moment = timezone.now()
    with rows.no_triggers():
        rows.versions(scene, assets // 3, "In review", VersionStatus.IN_REVIEW)
        rows.versions(scene, assets // 6, "Again, please", VersionStatus.REGENERATING)
        rows.versions(scene, assets // 6, "Approved", unplaced=True)
        rows.posts(scene, assets // 3, "Posted", lambda n: moment + timedelta(minutes=n), in_some_state)
        rows.more_posts(scene)
        rows.slots(scene, assets // 10)
        rows.history(scene, LINES * assets)
    return slug


def in_some_state(number: int, post: Post) -> None:
    """One of STATES, as the database wants it."""
    post.status = STATES[number % len(STATES)]
    if post.status == Status.PUBLISHED:
        post.published_at, post.due_at, post.remote_id = timezone.now() - timedelta(minutes=number), None, str(post.pk)
        post.url = f"https://www.instagram.com/p/{post.pk}/"
    if post.status == Status.FAILED:
        post.due_at, post.error = None, "The picture is 3000 × 1000. Instagram takes 4:5 to 1.91:1. Crop it."


def client_of(slug: str) -> Client:
    from collavo.accounts.models import User

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email=f"{slug}@example.org"))
    return client


def address(view: str, slug: str) -> str:
    case = Case.objects.filter(workspace__slug=slug).values_list("pk", flat=True)
    return reverse(view, args=[slug, case[0]] if view == "approvals:case" else [slug])


def get(client: Client, url: str) -> float:
    """Milliseconds until the page is whole."""
    begin = time.perf_counter()
    answer = client.get(url)
    if answer.status_code != 200:
        raise NotMeasured(f"{url} answered {answer.status_code}.")
    return (time.perf_counter() - begin) * 1000


def _queries(name: str, view: str, few: str, many: str) -> Iterator[Figure]:
    counts = []
    for slug in (few, many):
        client, url = client_of(slug), address(view, slug)
        get(client, url)
        with CaptureQueriesContext(connection) as queries:
            get(client, url)
        counts.append(len(queries))
    note = f"{counts[0]} with 20 assets, {counts[1]} with 200"
    yield Figure(f"{name}: more queries for ten times the rows", counts[1] - counts[0], "", 0, "=", note)
    yield Figure(f"{name}: queries", max(counts), "", MOST)


def _times(stage: Stage, name: str, view: str, few: str, many: str, count: int) -> Iterator[Figure]:
    """Asked in turn, so that what else the machine does falls on both."""
    clients = {slug: (client_of(slug), address(view, slug)) for slug in (few, many)}
    taken: dict[str, list[float]] = {few: [], many: []}
    for number in range(stage.size(45, 15)):
        for slug, (client, url) in clients.items():
            milliseconds = get(client, url)
            if number >= 5:  # warm by then
                taken[slug].append(milliseconds)
    small, large = median(taken[few]), median(taken[many])
    note = f"{large:.0f} ms with {count:,} assets, {small:.0f} ms with 500"
    yield Figure(f"{name}: server time with many assets, by that with few", large / small, "times", 1.5, note=note)
