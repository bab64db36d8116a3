"""Linking in the browser: out to the platform, back from it, the choice of an account; and a workspace's own apps."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from collavo.accounts.access import ConsoleRequest, console
from collavo.accounts.models import Ability, User
from collavo.timeline.models import record
from connectors import linking
from connectors.cards import Offer, choices
from connectors.forms import AppForm
from connectors.linking import CannotLink
from connectors.models import AppCredentials, Connector, LinkRequest
from connectors.platforms import registry
from connectors.platforms.base import PlatformError


def _session(request: HttpRequest) -> str:
    return request.session.session_key or ""


@console(Ability.CONNECT)
@require_POST
@never_cache
def start(request: ConsoleRequest, platform: str, login: str) -> HttpResponse:
    """Begin to link an account."""
    return _go(request, platform, login, None)


@console(Ability.CONNECT)
@require_POST
@never_cache
def relink(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Begin to link this very account again."""
    connector = Connector.objects.filter(workspace=request.workspace, pk=pk).first()
    if connector is None:
        raise Http404(_("There is no such account."))
    return _go(request, connector.platform, connector.login, connector)


def _go(request: ConsoleRequest, platform: str, login: str, again: Connector | None) -> HttpResponse:
    """A page that goes on by itself. Browsers refuse a form whose answer leads to another host (CSP form-action)."""
    try:
        address = linking.start(request.member, platform, login, session_key=_session(request), again=again)
    except CannotLink as e:
        messages.error(request, str(e))
        return redirect("connectors:connections", request.workspace.slug)
    context = {"address": address, "name": registry.get(platform).name, "handle": again.handle if again else ""}
    return render(request, "connectors/going.html", context)


@require_GET
@never_cache
def callback(request: HttpRequest, platform: str) -> HttpResponse:
    """The platform sends people back here. What it hung onto the address is used up and gone after this."""
    if platform not in registry.PLATFORMS:
        raise Http404(_("There is no such platform."))
    if not isinstance(request.user, User):
        sentence = _("You are not signed in at %(address)s in this browser. Sign in there, then begin again.") % {
            "address": settings.BASE_URL
        }
        return render(request, "connectors/lost.html", {"sentence": sentence}, status=403)
    try:
        state = request.GET.get("state", "")
        found = linking.take_state(platform, state, user=request.user, session_key=_session(request))
    except CannotLink as e:
        return render(request, "connectors/lost.html", {"sentence": str(e)}, status=400)
    linking.finish(found, request.GET.dict())
    return redirect("connectors:linking", found.workspace.slug, found.pk)


@console(Ability.CONNECT)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def outcome(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What became of it: linked, several accounts to choose from, or why not."""
    found = linking.request_of(request.member, pk, session_key=_session(request))
    if found is None:
        raise Http404(_("There is no such request."))
    error = _chosen(request, found) if request.method == "POST" else ""
    if found.linked:
        messages.success(
            request, _("%(account)s is linked. Posts that waited for it go on.") % {"account": found.linked}
        )
        if lacking := _lacking(found.linked):
            messages.warning(request, lacking)
        return redirect("connectors:connections", request.workspace.slug)
    context = {"found": found, "platform": registry.get(found.platform), "profiles": linking.choices(found)}
    context["error"] = (
        error or found.error or ("" if context["profiles"] else _("This is no longer open. Begin again."))
    )
    return render(request, "connectors/outcome.html", context, status=422 if error else 200)


def _chosen(request: ConsoleRequest, found: LinkRequest) -> str:
    """Link the account that was chosen; a sentence when that failed."""
    try:
        found.linked = linking.choose(found, request.POST.get("account", ""))
    except (CannotLink, PlatformError) as e:
        return str(e)
    return ""


def _lacking(connector: Connector) -> str:
    """Which of the permissions that one can do without were not granted."""
    if connector.oauth is None or not connector.scopes:
        return ""
    names = [f"“{s.label}”" for s in linking.missing_scopes(connector.oauth, frozenset(connector.scopes))]
    return (
        _("Not granted: %(permissions)s. Link it again to add what is missing.") % {"permissions": ", ".join(names)}
        if names
        else ""
    )


# --- A workspace's own apps -----------------------------------------------------------------------------------


@console(Ability.CONNECT)
@require_safe
def apps(request: ConsoleRequest) -> HttpResponse:
    """Which app each way of linking goes through."""
    offers = [offer for choice in choices(request.workspace) for offer in choice.offers]
    return render(
        request, "connectors/apps.html", {"rows": [(offer, linking.redirect_uri(offer.platform)) for offer in offers]}
    )


@console(Ability.CONNECT)
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: ConsoleRequest, platform: str, login: str) -> HttpResponse:
    """The workspace's own app for one way of linking."""
    offer = _offer(request, platform, login)
    form = AppForm(request.POST or None, initial={"client_id": offer.own})
    if request.method == "POST" and form.is_valid():
        form.keep(request.workspace, platform, login, by=request.user)
        messages.success(
            request,
            _("New links to %(platform)s (%(login)s) go through your app now.")
            % {"platform": offer.platform.name, "login": offer.name},
        )
        return redirect("connectors:apps", request.workspace.slug)
    context = {"offer": offer, "form": form, "redirect_uri": linking.redirect_uri(offer.platform)}
    return render(request, "connectors/app.html", context, status=422 if form.errors else 200)


@console(Ability.CONNECT)
@require_POST
def remove_app(request: ConsoleRequest, platform: str, login: str) -> HttpResponse:
    offer = _offer(request, platform, login)
    with transaction.atomic():
        AppCredentials.objects.filter(workspace=request.workspace, platform=platform, login=login).delete()
        record(request.workspace, "app_removed", by=request.user, text=f"{platform}, {login}")
    messages.success(
        request,
        _("Your app for %(platform)s (%(login)s) is removed here.")
        % {"platform": offer.platform.name, "login": offer.name},
    )
    return redirect("connectors:apps", request.workspace.slug)


@console()
@require_safe
def guide(request: ConsoleRequest, platform: str) -> HttpResponse:
    """The operator's page about this platform, as it lies in the project."""
    spec = registry.PLATFORMS.get(platform)
    pages = {oauth.guide for oauth in spec.oauth.values()} if spec else set()
    path = settings.BASE_DIR / next(iter(sorted(pages)), "")
    if not pages or not path.is_file():
        raise Http404(_("There is no such page."))
    return HttpResponse(path.read_bytes(), content_type="text/plain; charset=utf-8")


def _offer(request: ConsoleRequest, platform: str, login: str) -> Offer:
    offers = [offer for choice in choices(request.workspace) for offer in choice.offers]
    found = next((o for o in offers if (o.platform.key, o.login) == (platform, login)), None)
    if found is None:
        raise Http404(_("There is no such way to link an account."))
    return found
