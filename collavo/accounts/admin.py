"""Operators' pages for people and workspaces, and the door to the whole admin."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_admin
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin  # registers its own page, which shows the secrets: replaced below
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from collavo.accounts import api_tokens
from collavo.accounts.admin_base import Backstage, Inline, Verb, VerbAdmin, person
from collavo.accounts.models import ApiToken, Membership, User, Workspace
from collavo.timeline.models import record

# One door for everybody: rate limits and second factors hold for operators, too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Collavo"
admin.site.site_title = gettext_noop("Collavo admin")
admin.site.index_title = gettext_noop("Everything, for operators")
admin.site.unregister(Group)  # what people may do is decided per workspace, by their membership
admin.site.unregister(mfa_admin.Authenticator)
admin.site.unregister(account_admin.EmailAddress)  # a person's address stands on their own page


class EmailForm(forms.ModelForm):  # type: ignore[type-arg]
    """Addresses are kept in small letters, as at every other door."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(gettext("Somebody with this e-mail address exists already."))
        return email


class NewUserForm(EmailForm, AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(EmailForm, UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 (the page's fieldsets choose)
        field_classes: dict[str, Any] = {}


class MembershipInline(Inline[Membership]):
    model = Membership
    extra = 0
    autocomplete_fields = ["user", "workspace"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "workspace")


class MembersAdmin(Backstage[Any]):
    """A page with memberships on it: each change of one is a line in its workspace's history."""

    inlines = [MembershipInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save()
        by = person(request)
        for member in formset.new_objects:
            record(member.workspace, "member_added", by=by, text=str(member))
        for member, _ in formset.changed_objects:
            record(member.workspace, "member_changed", by=by, text=str(member))
        for member in formset.deleted_objects:
            record(member.workspace, "member_removed", by=by, text=str(member))


@admin.register(User)
class UserAdmin(MembersAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People. Only superusers see them: whoever edits people could make themselves one."""

    form = UserForm
    add_form = NewUserForm
    list_display = ["email", "name", "is_active", "is_staff", "is_superuser", "workspaces", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser", "memberships__role"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = ["user_permissions"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (gettext_lazy("Operator"), {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        (gettext_lazy("Moments"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "name", "usable_password", "password1", "password2"]})
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return person(request).is_superuser

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(joined=Count("memberships"))

    @admin.display(description=gettext_lazy("workspaces"), ordering="joined")
    def workspaces(self, user: User) -> int:
        return user.joined  # type: ignore[attr-defined,no-any-return]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A person belongs to no workspace, so the admin's own history keeps this; old addresses stop working."""
        if not change:
            obj.save()
        elif form.changed_data:
            obj.save(update_fields=[name for name in form.changed_data if name != "user_permissions"])
        if "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()


@admin.register(Workspace)
class WorkspaceAdmin(MembersAdmin):
    workspace_path = "pk"
    list_display = [
        "name",
        "slug",
        "time_zone",
        "people",
        "allow_self_approval",
        "late_policy",
        "created_at",
        "console",
    ]
    list_filter = ["allow_self_approval", "late_policy"]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["created_at", "history"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "time_zone"]}),
        (gettext_lazy("Policies"), {"fields": ["allow_self_approval", "late_policy", "late_window_minutes"]}),
        (
            gettext_lazy("Posts by hand"),
            {
                "fields": [
                    "dead_link_policy",
                    "handoff_ahead_minutes",
                    "handoff_remind_minutes",
                    "handoff_escalate_minutes",
                ]
            },
        ),
        (gettext_lazy("History"), {"fields": ["created_at", "history"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        rows = Workspace.objects.annotate(joined=Count("memberships"))
        if person(request).is_superuser:
            return rows
        return rows.filter(pk__in=Membership.objects.filter(user=person(request)).values("workspace"))

    @admin.display(description=gettext_lazy("people"), ordering="joined")
    def people(self, workspace: Workspace) -> int:
        return workspace.joined  # type: ignore[attr-defined,no-any-return]

    def view_on_site(self, workspace: Workspace) -> str:
        return reverse("approvals:queue", args=[workspace.slug])


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Second factors: taken away when somebody has lost theirs, never looked at."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    readonly_fields = ["account", "type", "created_at", "last_used_at"]

    @admin.display(description=gettext_lazy("user"))
    def account(self, authenticator: Authenticator) -> SafeString:
        return format_html("{}", authenticator.user)

    def get_fields(self, request: HttpRequest, obj: Authenticator | None = None) -> Any:
        return list(self.readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(VerbAdmin[ApiToken]):
    """Programs' keys: to see who uses what, and to revoke. They are made by their person, in Settings."""

    list_display = ["name", "workspace", "user", "ends_in", "scopes", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["revoked_at", "scopes"]
    list_select_related = ["workspace", "user"]
    search_fields = ["name", "user__email", "hint"]
    ordering = ["-created_at"]
    readonly_fields = [
        "name", "workspace", "user", "ends_in", "scopes", "connector_ids", "last_used_at", "expires_at", "revoked_at",
        "created_at", "history",
    ]  # fmt: skip
    verbs = [
        Verb(
            "revoke",
            gettext_noop("Revoke"),
            gettext_noop("is revoked"),
            lambda token, by, _: api_tokens.revoke(token, by=by),
            lambda token: token.revoked_at is None,
        )
    ]

    @admin.display(description=gettext_lazy("token"))
    def ends_in(self, token: ApiToken) -> str:
        return f"…{token.hint}"

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return list(self.readonly_fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def view_on_site(self, token: ApiToken) -> str:
        return reverse("settings:tokens", args=[token.workspace.slug])
