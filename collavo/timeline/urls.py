"""What a person was told. Everything is below /w/<workspace>/."""

from django.urls import path

from collavo.timeline import choice_views, views

app_name = "timeline"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read, name="read"),
    path("notices/mail/", choice_views.mail, name="mail"),
    path("notices/choices/", choice_views.preferences, name="preferences"),
    path("notices/push/", choice_views.allow, name="allow_push"),
    path("notices/push/<uuid:pk>/remove/", choice_views.remove, name="remove_push"),
    path("notices/<uuid:pk>/", views.open_notice, name="notice"),
]
