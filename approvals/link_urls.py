"""Addresses of the pages on which a client decides, below /r/<token>/."""

from django.urls import path

from approvals.views import clients

urlpatterns = [
    path("", clients.opened, name="review_link"),
    path("media/<uuid:pk>/<str:variant>", clients.media, name="review_link_media"),
    path("<uuid:version>/", clients.version, name="review_link_version"),
    path("<uuid:version>/<str:decision>/", clients.decide, name="review_link_decide"),
]
