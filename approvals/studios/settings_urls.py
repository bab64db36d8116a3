"""Settings, Studios; all below /w/<workspace>/settings/studios/."""

from django.urls import path

from approvals.views import studio_settings as views

app_name = "studio_settings"
urlpatterns = [
    path("", views.studios, name="studios"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.studio, name="studio"),
    path("<uuid:pk>/change/", views.change, name="change"),
    path("<uuid:pk>/ping/", views.ping, name="ping"),
    path("<uuid:pk>/switch/", views.switch, name="switch"),
    path("<uuid:pk>/rotate/", views.rotate, name="rotate"),
]
