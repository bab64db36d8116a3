"""Content and decisions, for operators. Versions, media and reviews never change; decisions go through the verbs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from approvals import links_admin  # noqa: F401  (it registers itself)
from approvals.models import Asset, Case, Media, Review, Rights, Slot, Version, VersionMedia
from approvals.states import IllegalMove, VersionStatus
from approvals.studios import admin as studios_admin  # noqa: F401  (the same)
from collavo.accounts.admin_base import (
    NOTHING,
    Backstage,
    Inline,
    ReadOnly,
    ReadOnlyInline,
    Verb,
    VerbAdmin,
    chip,
    person,
    pretty,
)
from collavo.timeline.models import record
from connectors.models import Connector, tokens_of
from connectors.platforms import registry

COLOURS: dict[str, str] = {
    VersionStatus.APPROVED: "ok",
    VersionStatus.REGENERATING: "wait",
    VersionStatus.REJECTED: "bad",
}
IN_WORKSPACE = ("workspace", admin.RelatedOnlyFieldListFilter)


def version_state(version: Version) -> SafeString:
    """The console's words for where a version stands."""
    if version.asset.discarded:
        return chip("", _("Discarded"))
    text = version.get_status_display()
    if version.round > 1:
        text = _("%(status)s · round %(number)s") % {"status": text, "number": version.round}
    return chip(COLOURS.get(version.status, ""), text)


def picture(media: Media) -> SafeString:
    """The thumbnail, leading to the file."""
    slug = media.workspace.slug
    file = reverse("approvals:show_media", args=[slug, media.pk, "file"])
    if not media.thumbnail:
        return format_html('<a href="{}">{}</a>', file, media.name)
    small = reverse("approvals:show_media", args=[slug, media.pk, "thumbnail"])
    return format_html(
        '<a href="{}"><img class="thumbnail" src="{}" alt="{}" loading="lazy"></a>', file, small, media.name
    )


@admin.register(Case)
class CaseAdmin(Backstage[Case]):
    list_display = ["name", "brand", "creator", "workspace", "assets_made", "created_at", "console"]
    list_filter = [IN_WORKSPACE]
    list_select_related = ["workspace", "creator"]
    search_fields = ["name", "brand", "creator__name", "creator__email", "id__exact"]
    ordering = ["-id"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["workspace", "creator"]
    fields = ["workspace", "name", "brand", "creator", "created_at", "history"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return super().get_queryset(request).select_related("workspace").annotate(made=Count("assets"))

    def get_readonly_fields(self, request: HttpRequest, obj: Case | None = None) -> list[str]:
        """A case never moves to another workspace: nothing in it would follow."""
        return ["created_at", "history", *(["workspace"] if obj else [])]

    @admin.display(description=gettext_lazy("assets"), ordering="made")
    def assets_made(self, case: Case) -> int:
        return case.made  # type: ignore[attr-defined,no-any-return]

    def view_on_site(self, case: Case) -> str:
        return reverse("approvals:case", args=[case.workspace.slug, case.pk])


class ChannelFilter(admin.SimpleListFilter):
    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(platform.key, platform.name) for platform in registry.PLATFORMS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Slot]) -> QuerySet[Slot]:
        return queryset.filter(channel=self.value()) if self.value() else queryset


@admin.register(Slot)
class SlotAdmin(Backstage[Slot]):
    """Planned places. Their moment is moved in the console, where the versions planned for it move along."""

    list_display = ["starts_at", "case", "account", "format", "angle", "workspace"]
    list_filter = [ChannelFilter, "format", "starts_at", IN_WORKSPACE]
    search_fields = ["angle", "case__name", "id__exact"]
    ordering = ["-starts_at"]
    date_hierarchy = "starts_at"
    fields = ["workspace", "case", "starts_at", "account", "channel", "format", "angle", "history"]
    readonly_fields = ["workspace", "case", "starts_at", "account", "channel", "format", "history"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slot]:
        rows = super().get_queryset(request).select_related("workspace", "case", "connector")
        return rows.defer(*tokens_of("connector"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=gettext_lazy("account"), ordering="channel")
    def account(self, slot: Slot) -> str:
        connector: Connector | None = slot.connector
        return str(connector or slot.channel)


class VersionInline(ReadOnlyInline[Version]):
    model = Version
    ordering = ["-round"]
    readonly_fields = ["state", "format", "words", "submitted_by", "submitted_at", "decided_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        return super().get_queryset(request).select_related("asset", "submitted_by")

    @admin.display(description=gettext_lazy("status"))
    def state(self, version: Version) -> SafeString:
        return version_state(version)

    @admin.display(description=gettext_lazy("caption"))
    def words(self, version: Version) -> str:
        return truncatechars(version.caption, 80)


class RightsForm(forms.ModelForm):  # type: ignore[type-arg]
    channels = forms.MultipleChoiceField(required=False, help_text=gettext_lazy("None: every channel."))

    class Meta:
        model = Rights
        fields = ("status", "channels", "usage", "territory", "starts_on", "ends_on", "exclusive", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {platform.key: platform.name for platform in registry.PLATFORMS.values()}
        kept = {key: key for key in self.instance.channels}  # channels of a platform that is no more
        self.fields["channels"].choices = list((kept | known).items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned


class RightsInline(Inline[Rights]):
    model = Rights
    form = RightsForm
    extra = 0


@admin.register(Asset)
class AssetAdmin(VerbAdmin[Asset]):
    verbs = (
        Verb(
            "discard",
            gettext_noop("Discard"),
            gettext_noop("is discarded"),
            lambda asset, by, text: discard(asset, by),
            lambda a: not a.discarded,
            confirm=gettext_noop("A discarded asset never publishes. It can be brought back."),
        ),
        Verb(
            "bring_back",
            gettext_noop("Bring back"),
            gettext_noop("is back"),
            lambda asset, by, text: bring_back(asset, by),
            lambda a: a.discarded,
        ),
    )
    refusals = (PermissionDenied, IllegalMove)
    list_display = ["title", "case", "creator", "slot", "state", "workspace", "created_at", "console"]
    list_filter = [("discarded_at", admin.EmptyFieldListFilter), "created_at", IN_WORKSPACE]
    search_fields = ["title", "case__name", "creator__name", "creator__email", "id__exact"]
    ordering = ["-id"]
    autocomplete_fields = ["creator"]
    fields = ["title", "case", "slot", "creator", "state", "workspace", "created_at", "history"]
    readonly_fields = ["case", "slot", "state", "workspace", "created_at", "history"]
    inlines = [RightsInline, VersionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        return super().get_queryset(request).select_related("workspace", "case", "slot", "creator")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Content is uploaded in the console, where it is probed and submitted."""
        return False

    @admin.display(description=gettext_lazy("status"), ordering="discarded_at")
    def state(self, asset: Asset) -> SafeString:
        return chip("", _("Discarded")) if asset.discarded else chip("ok", _("In use"))

    def view_on_site(self, asset: Asset) -> str:
        return reverse("approvals:asset", args=[asset.workspace.slug, asset.pk])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rights belong to the asset's workspace, and each change of them is a line in the history."""
        if formset.model is not Rights:
            formset.save()  # nothing: these rows are to look at
            return
        for rights in formset.save(commit=False):
            rights.workspace_id = rights.asset.workspace_id
            added = rights._state.adding
            rights.save()
            record(rights.asset, "rights_added" if added else "rights_changed", by=person(request), text=str(rights))
        for rights in formset.deleted_objects:
            rights.delete()
            record(rights.asset, "rights_removed", by=person(request), text=str(rights))


def discard(asset: Asset, by: Any) -> None:
    if asset.discarded:
        raise IllegalMove(_("It is discarded already."))
    by.require_at(asset.workspace_id)
    asset.discard(by=by)


def bring_back(asset: Asset, by: Any) -> None:
    if not asset.discarded:
        raise IllegalMove(_("It is not discarded."))
    by.require_at(asset.workspace_id)
    asset.bring_back(by=by)


class ItemInline(ReadOnlyInline[VersionMedia]):
    model = VersionMedia
    verbose_name_plural = gettext_lazy("media, in order")
    ordering = ["position"]
    show_change_link = False
    readonly_fields = ["preview", "kind", "pixels", "alt_text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VersionMedia]:
        return super().get_queryset(request).select_related("media__workspace")

    @admin.display(description=gettext_lazy("medium"))
    def preview(self, item: VersionMedia) -> SafeString:
        return picture(item.media)

    @admin.display(description=gettext_lazy("type"))
    def kind(self, item: VersionMedia) -> str:
        return item.media.mime_type

    @admin.display(description=gettext_lazy("pixels"))
    def pixels(self, item: VersionMedia) -> str:
        return f"{item.media.width} × {item.media.height}"


class ReviewInline(ReadOnlyInline[Review]):
    model = Review
    ordering = ["-at"]
    readonly_fields = ["decision", "feedback", "by", "at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return super().get_queryset(request).select_related("by")


@admin.register(Version)
class VersionAdmin(VerbAdmin[Version], ReadOnly[Version]):
    """What was submitted, as it was submitted."""

    verbs = (
        Verb(
            "accept",
            gettext_noop("Accept"),
            gettext_noop("is approved and sealed"),
            lambda v, by, text: v.accept(by=by),
            lambda v: v.in_review,
            confirm=gettext_noop("Accepted versions are locked and may go out exactly as they are."),
        ),
        Verb(
            "regenerate",
            gettext_noop("Regenerate"),
            gettext_noop("goes back to its creator"),
            lambda v, by, text: v.regenerate(by=by, feedback=text),
            lambda v: v.in_review,
            asks=gettext_noop("What should change? The creator reads this."),
        ),
        Verb(
            "reject",
            gettext_noop("Reject"),
            gettext_noop("is rejected"),
            lambda v, by, text: v.reject(by=by, reason=text),
            lambda v: v.in_review,
            asks=gettext_noop("Why is it rejected? The creator reads this."),
        ),
    )
    refusals = (PermissionDenied, IllegalMove)
    list_display = [
        "name",
        "state",
        "format",
        "case",
        "submitted_by",
        "submitted_at",
        "planned_at",
        "workspace",
        "console",
    ]
    list_filter = ["status", "current", "unplaced", "format", "submitted_at", IN_WORKSPACE]
    search_fields = ["asset__title", "caption", "case__name", "id__exact"]
    ordering = ["-id"]
    inlines = [ItemInline, ReviewInline]
    fieldsets = [
        (None, {"fields": ["state", "asset", "case", "workspace", "round", "current"]}),
        (gettext_lazy("Content"), {"fields": ["format", "caption", "extras"]}),
        (gettext_lazy("Seal"), {"fields": ["seal", "seal_now"]}),
        (gettext_lazy("Moments"), {"fields": ["submitted_by", "submitted_at", "decided_at", "planned_at", "unplaced"]}),
        (gettext_lazy("History"), {"fields": ["history"]}),
    ]
    readonly_fields = ["state", "extras", "seal_now", "history"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        return super().get_queryset(request).select_related("workspace", "asset", "case", "submitted_by")

    @admin.display(description=gettext_lazy("version"), ordering="asset__title")
    def name(self, version: Version) -> str:
        return str(version)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, version: Version) -> SafeString:
        return version_state(version)

    @admin.display(description=gettext_lazy("options"))
    def extras(self, version: Version) -> SafeString:
        return pretty(version.options)

    @admin.display(description=gettext_lazy("sealed now"))
    def seal_now(self, version: Version) -> SafeString:
        """Recomputed each time that somebody looks."""
        if not version.seal:
            return chip("", _("Not sealed: that happens at approval"))
        holds = version.seal_holds
        return (
            chip("ok", _("Exactly as approved"))
            if holds
            else chip("bad", _("Broken: changed after approval. It cannot go out"))
        )

    def view_on_site(self, version: Version) -> str:
        return reverse("approvals:review", args=[version.workspace.slug, version.pk])


@admin.register(Media)
class MediaAdmin(ReadOnly[Media]):
    list_display = [
        "preview",
        "name",
        "kind",
        "mime_type",
        "pixels",
        "size",
        "duration",
        "uploaded_by",
        "workspace",
        "created_at",
    ]
    list_display_links = ["name"]
    list_filter = ["kind", "mime_type", "location_removed", "created_at", IN_WORKSPACE]
    search_fields = ["name", "sha256", "id__exact"]
    ordering = ["-id"]
    fields = [
        "preview",
        "name",
        "kind",
        "mime_type",
        "size",
        "pixels",
        "duration",
        "codec",
        "audio_codec",
        "fps",
        "fast_start",
        "sha256",
        "location_removed",
        "used_in",
        "uploaded_by",
        "workspace",
        "created_at",
    ]
    readonly_fields = ["preview", "pixels", "used_in"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Media]:
        return super().get_queryset(request).select_related("workspace", "uploaded_by")

    @admin.display(description=gettext_lazy("medium"))
    def preview(self, media: Media) -> SafeString:
        return picture(media)

    @admin.display(description=gettext_lazy("pixels"))
    def pixels(self, media: Media) -> str:
        return f"{media.width} × {media.height}"

    @admin.display(description=gettext_lazy("used in"))
    def used_in(self, media: Media) -> SafeString:
        versions = media.versions.select_related("asset").order_by("-id")[:50]
        lines = ((reverse("admin:approvals_version_change", args=[v.pk]), str(v)) for v in versions)
        return format_html_join(", ", '<a href="{}">{}</a>', lines) or NOTHING


@admin.register(Review)
class ReviewAdmin(ReadOnly[Review]):
    workspace_path = "version__workspace"
    list_display = ["at", "decision", "version", "by", "words", "workspace"]
    list_filter = ["decision", "at", ("version__workspace", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["feedback", "version__asset__title", "by__name", "by__email", "version__id__exact"]
    ordering = ["-id"]
    fields = ["version", "decision", "feedback", "by", "at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return super().get_queryset(request).select_related("version__asset", "version__workspace", "by")

    @admin.display(description=gettext_lazy("feedback"))
    def words(self, review: Review) -> str:
        return truncatechars(review.feedback, 100)

    @admin.display(description=gettext_lazy("workspace"))
    def workspace(self, review: Review) -> str:
        return str(review.version.workspace)

    def view_on_site(self, review: Review) -> str:
        return reverse("approvals:review", args=[review.version.workspace.slug, review.version_id])


@admin.register(Rights)
class RightsAdmin(ReadOnly[Rights]):
    """To find them; they are changed on their asset's page."""

    list_display = ["asset", "status", "where", "usage", "territory", "starts_on", "ends_on", "workspace"]
    list_filter = ["status", "usage", "exclusive", "ends_on", IN_WORKSPACE]
    search_fields = ["asset__title", "note", "territory", "asset__id__exact"]
    ordering = ["-id"]
    fields = [
        "asset", "status", "where", "usage", "territory", "starts_on", "ends_on", "exclusive", "note", "evidence_name",
        "evidence_sha256", "workspace", "created_at",
    ]  # fmt: skip
    readonly_fields = ["where"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rights]:
        return super().get_queryset(request).select_related("asset", "workspace")

    @admin.display(description=gettext_lazy("channels"))
    def where(self, rights: Rights) -> str:
        return ", ".join(rights.channels) or _("every channel")
