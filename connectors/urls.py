"""The linked accounts. Everything is below /w/<workspace>/."""

from django.urls import path

from connectors import views

app_name = "connectors"
urlpatterns = [
    path("connections/", views.connections, name="connections"),
    path("connections/<uuid:pk>/verify/", views.verify, name="verify"),
    path("connections/<uuid:pk>/disable/", views.disable, name="disable"),
    path("connections/<uuid:pk>/enable/", views.enable, name="enable"),
]
