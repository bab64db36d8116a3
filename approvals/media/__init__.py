"""Media files: measured (`probe`), freed of places (`clean`), shown small (`previews`). No models, no Django."""

from .clean import strip_location
from .previews import poster, thumbnail
from .probe import Probe, probe
from .sniff import UnreadableMedia

__all__ = ["Probe", "UnreadableMedia", "poster", "probe", "strip_location", "thumbnail"]
