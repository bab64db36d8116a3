"""The Settings pages. Everything is below /w/<workspace>/settings/."""

from django.urls import path

from collavo.accounts import settings_views as views

app_name = "settings"
urlpatterns = [
    path("", views.general, name="general"),
    path("members/", views.members, name="members"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<uuid:pk>/revoke/", views.revoke_token, name="revoke_token"),
]
