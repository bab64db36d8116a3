from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "collavo.accounts"
    label = "accounts"
