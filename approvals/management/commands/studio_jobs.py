"""manage.py studio_jobs"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from approvals.models import StudioJob
from approvals.states import IllegalMove
from approvals.studios import verbs, words
from approvals.studios.models import StudioJobQuerySet
from approvals.studios.states import JobStatus
from collavo.accounts.models import Membership, User
from collavo.accounts.shell import acting, add_person, each, find_workspace, named, operator, table, wrong

HEADS = ["JOB", "WORKSPACE", "WHAT", "ASSET", "BY", "STATE", "ASKED (UTC)", "WHY"]
MOST = 200  # lines; a filter finds the others


class Command(BaseCommand):
    help = (
        "Lists what studios were asked for, the newest first. --retry asks again for jobs that ended without a "
        "version, --cancel calls open ones off; name them. Exit codes: 0 listed or all done (or there is none); 1 some "
        "were refused; 2 wrong input, nothing was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", metavar="JOB", help="Ids of jobs. Without any: all.")
        parser.add_argument("--workspace", metavar="SLUG", default="")
        parser.add_argument("--status", choices=["open", *JobStatus.values], default="")
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")
        doing = parser.add_mutually_exclusive_group()
        doing.add_argument("--retry", action="store_true", help="Ask for these again.")
        doing.add_argument("--cancel", action="store_true", help="Call these off.")
        add_person(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["retry"] or options["cancel"]) and not options["ids"]:
            raise wrong("Name the jobs: the list shows their ids.")
        found = chosen(options)
        if options["retry"]:
            self.act(found, operator(options["person"]), retry)
        elif options["cancel"]:
            self.act(found, operator(options["person"]), cancel)
        else:
            self.say(list(found[:MOST]), as_json=options["json"])

    def say(self, rows: list[StudioJob], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([as_dict(row) for row in rows], indent=2, ensure_ascii=False))
        else:
            self.stdout.write(table(HEADS, map(cells, rows)) if rows else "No studio was asked for anything like that.")

    def act(self, rows: StudioJobQuerySet, user: User, do: Callable[[StudioJob, Membership], str]) -> None:
        """With each, in the name of `user`."""
        each(list(rows), lambda row: do(row, acting(user, row.workspace)), out=self.stdout, refusal=IllegalMove)


def chosen(options: dict[str, Any]) -> StudioJobQuerySet:
    rows = StudioJob.objects.for_pages().select_related("workspace").order_by("-created_at", "-pk")
    if options["workspace"]:
        rows = rows.filter(workspace=find_workspace(options["workspace"]))
    if options["status"]:
        rows = rows.open() if options["status"] == "open" else rows.filter(status=options["status"])
    if options["ids"]:
        rows = named(rows, options["ids"], "job")
    return rows


def retry(job: StudioJob, by: Membership) -> str:
    return f"asked for again, as {verbs.again(job, by=by).pk}"


def cancel(job: StudioJob, by: Membership) -> str:
    verbs.cancel(job, by=by)
    return "called off"


def cells(job: StudioJob) -> list[object]:
    percent = f" {job.progress} %" if job.status == JobStatus.RUNNING else ""
    return [
        job.pk, job.workspace.slug, words.name(job), job.asset, job.maker,
        f"{job.get_status_display()}{percent}", f"{job.created_at:%Y-%m-%d %H:%M}",
        job.error or "—",
    ]  # fmt: skip


def as_dict(job: StudioJob) -> dict[str, Any]:
    return {
        "id": str(job.pk), "workspace": job.workspace.slug, "recipe": job.recipe, "studio": job.maker,
        "asset": str(job.asset_id), "version": str(job.source_id), "status": job.status, "progress": job.progress,
        "error": job.error, "result": str(job.result_id) if job.result_id else None, "attempts": job.attempts,
        "created_at": job.created_at.isoformat(), "ended_at": job.ended_at.isoformat() if job.ended_at else None,
    }  # fmt: skip
