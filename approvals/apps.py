from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        from approvals import notices, outgoing  # noqa: F401  (they connect themselves)
        from approvals.studios import using  # noqa: F401
