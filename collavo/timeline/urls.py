"""What a person was told. Everything is below /w/<workspace>/."""

from django.urls import path

from collavo.timeline import views

app_name = "timeline"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read, name="read"),
    path("notices/mail/", views.mail, name="mail"),
    path("notices/<uuid:pk>/", views.open_notice, name="notice"),
]
