"""Tokens at rest, under the name by which this app and its migrations know them."""

from collavo.secrets import SecretField, UnreadableSecret, seal, unseal

__all__ = ["SecretField", "UnreadableSecret", "seal", "unseal"]
