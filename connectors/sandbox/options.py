"""What can be set while the sandbox runs (`POST /_sandbox/settings`), kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(slots=True)
class Options:
    """Seconds are real time unless said otherwise."""

    image_seconds: float = 0.3  # how long a picture stays IN_PROGRESS (sandbox clock)
    video_seconds: float = 1.5  # how long a film does (sandbox clock)
    check_media: bool = True  # False: media are neither downloaded nor looked at (benchmarks)
    connect_seconds: float = 5.0  # for downloads
    fetch_seconds: float = 60.0  # a download that takes longer has failed
    video_max_bytes: int = 300_000_000
    latency_seconds: float = 0.0  # added to every platform call (benchmarks)
    app_secret: str = ""  # when set, calls to the Facebook host need a right appsecret_proof
    republish_code: int = 9007  # what a second media_publish of one container is refused with
    republish_subcode: int = 2207027
    call_limits: bool = True  # False: nobody counts how many calls a minute an account makes (proofs)
    creator_seconds: float = 0.0  # how long a draft lies in a creator's inbox until they post it; 0: for ever
    tiktok_chunk_min: int = 5_000_000  # bytes of a chunk
    tiktok_prefixes: str = ""  # verified beginnings of addresses with commas between; "": every address is verified
    tiktok_lists_photos: bool = False  # whether lists of an account's posts show photos, which nobody has written down

    def change(self, values: Mapping[str, Any]) -> None:
        """Set some. Raises ValueError with a sentence, and then nothing is changed."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        checked = {name: _as(kinds, name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Self:
        """The defaults, changed by these values."""
        options = cls()
        options.change(values)
        return options

    def shown(self) -> dict[str, Any]:
        """All of them; a secret only as being set or not."""
        return asdict(self) | {"app_secret": bool(self.app_secret)}


def _as(kinds: Mapping[str, type], name: str, value: Any) -> Any:
    if name not in kinds:
        raise ValueError(f"There is no setting '{name}'. There are: {', '.join(kinds)}.")
    kind = kinds[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise ValueError(f"The setting '{name}' must be of type {kind.__name__}.")
    if isinstance(value, int | float) and value < 0:
        raise ValueError(f"The setting '{name}' must not be negative.")
    return value
