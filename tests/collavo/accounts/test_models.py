"""Roles: who may do what, and that somebody's role in one workspace says nothing about another."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from collavo.accounts.models import Ability, Membership, Role, User, Workspace
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db

A = Ability
MAY = {
    Role.VIEWER: {A.VIEW},
    Role.CREATOR: {A.VIEW, A.CREATE},
    Role.APPROVER: {A.VIEW, A.REVIEW},
    Role.MANAGER: {A.VIEW, A.CREATE, A.REVIEW, A.PUBLISH, A.CONNECT},
    Role.OWNER: {A.VIEW, A.CREATE, A.REVIEW, A.PUBLISH, A.CONNECT, A.MANAGE},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("ability", Ability)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, ability: Ability) -> None:
    member = Membership(user=User(name="Ada"), workspace=Workspace(name="Fjord"), role=role)
    assert member.can(ability) is (ability in MAY[role])
    if member.can(ability):
        assert member.require(ability) is member
    else:
        with pytest.raises(PermissionDenied):
            member.require(ability)


def test_a_refusal_says_as_what_one_is_here_and_who_can_help() -> None:
    member = make_member(make_workspace("Fjord Supply"), Role.CREATOR)
    with pytest.raises(PermissionDenied) as refusal:
        member.require(Ability.REVIEW)
    sentence = "As creator of Fjord Supply you cannot accept, regenerate and reject. Ask a manager."
    assert str(refusal.value) == sentence


def test_a_person_has_one_role_in_a_workspace() -> None:
    member = make_member(make_workspace(), Role.CREATOR)
    with pytest.raises(IntegrityError, match="one_membership_per_workspace"), transaction.atomic():
        Membership.objects.create(user=member.user, workspace=member.workspace, role=Role.OWNER)


def test_the_database_knows_no_role_but_ours() -> None:
    member = make_member(make_workspace())
    with pytest.raises(IntegrityError, match="membership_role_known"), transaction.atomic():
        Membership.objects.filter(pk=member.pk).update(role="admin")


def test_the_same_address_in_capitals_is_the_same_person() -> None:
    assert User.objects.create_user("Mara.Weiss@Example.ORG", "pass-word-1").email == "mara.weiss@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("MARA.WEISS@example.org", "pass-word-1")


def test_a_person_without_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("", "pass-word-1")


def test_a_password_is_stored_as_a_hash() -> None:
    user = User.objects.create_user("mara@example.org", "pass-word-1")
    assert "pass-word-1" not in user.password and user.check_password("pass-word-1")


@pytest.mark.parametrize("zone", ["Europe/Zurych", "CEST+2", "", "../etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Workspace(name="Fjord", slug="fjord", time_zone=zone).full_clean()
    assert set(refusal.value.message_dict) == {"time_zone"}


def test_a_person_is_called_by_name_and_by_address_without_one() -> None:
    assert (str(User(email="a@b.ch", name="Mara Weiss")), str(User(email="a@b.ch"))) == ("Mara Weiss", "a@b.ch")
    assert User(email="a@b.ch", name="Mara Weiss").get_short_name() == "Mara"
