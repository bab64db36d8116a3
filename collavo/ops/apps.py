from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OpsConfig(AppConfig):
    name = "collavo.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        from collavo.ops.schedules import ensure_schedules

        post_migrate.connect(ensure_schedules, sender=self)
