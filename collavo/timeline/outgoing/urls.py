"""Settings, Webhooks; all below /w/<workspace>/settings/webhooks/."""

from django.urls import path

from collavo.timeline.outgoing import views

app_name = "webhooks"
urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.webhook, name="webhook"),
    path("<uuid:pk>/change/", views.change, name="change"),
    path("<uuid:pk>/test/", views.test, name="test"),
    path("<uuid:pk>/pause/", views.pause, name="pause"),
    path("<uuid:pk>/resume/", views.resume, name="resume"),
    path("<uuid:pk>/rotate/", views.rotate, name="rotate"),
    path("<uuid:pk>/remove/", views.remove, name="remove"),
    path("<uuid:pk>/log/<int:number>/", views.line, name="line"),
    path("<uuid:pk>/log/<int:number>/replay/", views.replay, name="replay"),
]
