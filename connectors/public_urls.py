"""Addresses that platforms know: registered there once, for all workspaces. They must not change."""

from django.urls import path

from connectors import link_views, webhook_views

urlpatterns = [
    path("connections/callback/<slug:platform>/", link_views.callback, name="callback"),
    path("webhooks/data-deletion/", webhook_views.data_deletion, name="data_deletion"),
    path("webhooks/<slug:platform>/", webhook_views.webhook, name="webhook"),
    path("webhooks/<slug:platform>/<slug:topic>/", webhook_views.webhook, name="webhook_topic"),
]
