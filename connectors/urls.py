"""The linked accounts. Everything is below /w/<workspace>/."""

from django.urls import path

from connectors import link_views, queue, views

app_name = "connectors"
urlpatterns = [
    path("connections/", views.connections, name="connections"),
    path("connections/link/<slug:platform>/<slug:login>/", link_views.start, name="link"),
    path("connections/linking/<uuid:pk>/", link_views.outcome, name="linking"),
    path("connections/apps/", link_views.apps, name="apps"),
    path("connections/apps/<slug:platform>/<slug:login>/", link_views.app, name="app"),
    path("connections/apps/<slug:platform>/<slug:login>/remove/", link_views.remove_app, name="remove_app"),
    path("connections/guide/<slug:platform>/", link_views.guide, name="guide"),
    path("connections/<uuid:pk>/", views.account, name="account"),
    path("connections/<uuid:pk>/settings/", views.settings, name="settings"),
    path("connections/<uuid:pk>/presets/", views.presets, name="presets"),
    path("connections/<uuid:pk>/times/", queue.add_times, name="add_queue_times"),
    path("connections/<uuid:pk>/times/<uuid:time>/remove/", queue.remove_time, name="remove_queue_time"),
    path("connections/<uuid:pk>/pause/", views.pause, name="pause"),
    path("connections/<uuid:pk>/verify/", views.verify, name="verify"),
    path("connections/<uuid:pk>/disable/", views.disable, name="disable"),
    path("connections/<uuid:pk>/enable/", views.enable, name="enable"),
    path("connections/<uuid:pk>/relink/", link_views.relink, name="relink"),
    path("connections/<uuid:pk>/disconnect/", views.disconnect, name="disconnect"),
]
