from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self) -> None:
        from publishing import hooks, notices, outgoing, receivers  # noqa: F401  (they connect themselves)
