from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"

    def ready(self) -> None:
        from collavo.accounts import hooks
        from connectors import outgoing  # noqa: F401  (it connects itself)
        from connectors.models import linked_accounts

        hooks.linked_accounts = linked_accounts
