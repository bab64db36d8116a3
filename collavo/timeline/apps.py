from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "collavo.timeline"
    label = "timeline"
