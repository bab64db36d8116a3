"""The creator's page, below /h/<token>/."""

from django.urls import path

from publishing.handoffs import page_views as views

app_name = "handoff"
urlpatterns = [
    path("", views.page, name="page"),
    path("posted/", views.say_posted, name="posted"),
    path("could-not/", views.say_could_not, name="could_not"),
    path("later/", views.say_later, name="later"),
    path("media/<int:number>", views.media, name="media"),
    path("media/<int:number>/small", views.media, {"small": True}, name="small"),
    path("qr.svg", views.qr, name="qr"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
