"""create_workspace and invite: who is made, who is refused, and that a second run changes nothing."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.timeline.models import Event
from tests.factories import make_member, make_workspace
from tests.shell import piped, run

pytestmark = pytest.mark.django_db
PASSWORD = "linen-overshirt-7"
NEW = ("create_workspace", "Fjord Supply", "--owner", "Olga@Example.org")


def role_of(email: str, workspace: Workspace) -> str:
    return Membership.objects.get(user__email=email, workspace=workspace).role


def test_a_workspace_is_made_with_a_new_owner_who_can_sign_in() -> None:
    code, said = run(*NEW, "--time-zone", "Europe/Zurich", stdin=piped(f"{PASSWORD}\n"))
    made = Workspace.objects.get()
    assert code == 0 and "/w/fjord-supply/" in said
    assert (made.name, made.slug, made.time_zone) == ("Fjord Supply", "fjord-supply", "Europe/Zurich")
    assert role_of("olga@example.org", made) == Role.OWNER
    assert Client().login(email="olga@example.org", password=PASSWORD)
    assert Event.objects.get(subject_id=made.pk).by == "operator"
    assert PASSWORD not in said


def test_an_owner_who_is_here_already_needs_no_password_and_keeps_theirs() -> None:
    user = User.objects.create_user("olga@example.org", PASSWORD)
    assert run(*NEW, stdin=piped(""))[0] == 0
    user.refresh_from_db()
    assert user.check_password(PASSWORD) and role_of(user.email, Workspace.objects.get()) == Role.OWNER


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        ((*NEW, "--time-zone", "Europe/Zürich"), PASSWORD, "is not a time zone"),
        ((*NEW, "--slug", "Not A Slug"), PASSWORD, "Give it a --slug"),
        (("create_workspace", "日本", "--owner", "a@b.ch"), PASSWORD, "Give it a --slug"),
        (("create_workspace", "Fjord", "--owner", "nobody"), PASSWORD, "is not an e-mail address"),
        (NEW, "", "a password must come on stdin"),
        (NEW, "12345678", "too common"),
        (("create_workspace", "Taken", "--owner", "a@b.ch", "--slug", "taken"), PASSWORD, "There is a workspace"),
    ],
)
def test_wrong_input_gets_one_sentence_and_makes_nothing(words: tuple[str, ...], typed: str, sentence: str) -> None:
    Workspace.objects.create(name="Taken", slug="taken")
    code, said = run(*words, stdin=piped(typed))
    assert code == 2 and sentence in said
    assert Workspace.objects.count() == 1 and not User.objects.exists()


def test_somebody_new_is_invited_with_a_link_that_lets_them_choose_a_password_once() -> None:
    workspace = make_workspace()
    code, said = run("invite", "Carla@example.org", "--workspace", workspace.slug, "--role", "creator")
    assert code == 0 and role_of("carla@example.org", workspace) == Role.CREATOR
    link = said.strip().splitlines()[-1].removeprefix("http://127.0.0.1:8000")
    client = Client()
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert Client().login(email="carla@example.org", password=PASSWORD)
    assert not Client().get(link, follow=True).redirect_chain, "the link works once"


def test_the_link_is_sent_when_asked_for() -> None:
    workspace = make_workspace()
    run("invite", "carla@example.org", "--workspace", workspace.slug, "--role", "viewer", "--mail")
    [letter] = mail.outbox
    assert letter.to == ["carla@example.org"] and "/accounts/password/reset/key/" in letter.body


def test_a_mail_that_cannot_be_sent_is_told_and_the_membership_stands(settings: Settings) -> None:
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": smtp, "OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 1}}}
    workspace = make_workspace()
    code, said = run("invite", "carla@example.org", "--workspace", workspace.slug, "--role", "viewer", "--mail")
    assert code == 1 and "could not be sent" in said and "/accounts/password/reset/key/" in said
    assert role_of("carla@example.org", workspace) == Role.VIEWER


def test_inviting_again_changes_nothing_and_another_role_is_a_line_of_history() -> None:
    member = make_member(make_workspace(), Role.CREATOR)
    words = ("invite", member.user.email, "--workspace", member.workspace.slug, "--role")
    assert "Nothing to do" in run(*words, "creator")[1]
    assert not Event.objects.exists()
    assert "Changed" in run(*words, "manager")[1]
    assert role_of(member.user.email, member.workspace) == Role.MANAGER
    assert Event.objects.get().verb == "member_changed"


def test_a_workspace_keeps_an_owner() -> None:
    owner = make_member(make_workspace(), Role.OWNER)
    words = ("invite", owner.user.email, "--workspace", owner.workspace.slug, "--role", "viewer")
    code, said = run(*words)
    assert code == 2 and "only owner" in said
    assert role_of(owner.user.email, owner.workspace) == Role.OWNER


def test_inviting_into_a_workspace_that_is_not_there_makes_nobody() -> None:
    make_workspace()
    code, said = run("invite", "carla@example.org", "--workspace", "nowhere", "--role", "viewer")
    assert code == 2 and "There is no workspace “nowhere”" in said
    assert not User.objects.exists()
