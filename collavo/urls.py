"""Every address of the product. A workspace's pages live under its slug, so that two tabs may show two workspaces."""

from django.contrib import admin
from django.urls import include, path

from approvals.media_views import fetch_media
from approvals.studios.callbacks import callback
from approvals.views.shared import shared, shared_media
from collavo.accounts.views import home
from collavo.api.app import api
from collavo.api.docs import page as api_docs
from collavo.timeline.views import service_worker
from publishing.views.feed import ical

urlpatterns = [
    path("api/v1/docs", api_docs, name="api_docs"),
    path("api/v1/", api.urls),  # among the first: programs come most often
    path("", home, name="home"),
    path("w/<slug:workspace>/", include("approvals.urls")),
    path("w/<slug:workspace>/", include("publishing.urls")),
    path("w/<slug:workspace>/", include("connectors.urls")),
    path("w/<slug:workspace>/", include("collavo.timeline.urls")),
    path("w/<slug:workspace>/settings/webhooks/", include("collavo.timeline.outgoing.urls")),
    path("w/<slug:workspace>/settings/studios/", include("approvals.studios.settings_urls")),
    path("w/<slug:workspace>/settings/", include("collavo.accounts.settings_urls")),
    path("", include("connectors.public_urls")),
    path("h/<str:token>/", include("publishing.handoffs.page_urls")),
    path("sw.js", service_worker, name="service_worker"),
    path("r/<str:token>/", include("approvals.link_urls")),
    path("m/<str:token>/<str:name>", fetch_media, name="fetch_media"),
    path("studios/callback/<uuid:pk>/", callback, name="studio_callback"),
    path("s/<str:token>/", shared, name="shared"),
    path("s/<str:token>/<uuid:pk>/<str:variant>", shared_media, name="shared_media"),
    path("ical/<str:token>.ics", ical, name="ical"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
