"""Pictures and films made anew: cut, framed, set in motion, converted, made smaller. No models, no Django.

Memory does not grow with the length of a film: it is decoded, changed and encoded frame by frame.
"""

from .films import convert_film
from .motion import film_of_pictures
from .pictures import convert_picture
from .plan import Cut, Frame, Going, Motion, Sizes, Stopped, even, fitted, framed_size

__all__ = [
    "Cut",
    "Frame",
    "Going",
    "Motion",
    "Sizes",
    "Stopped",
    "convert_film",
    "convert_picture",
    "even",
    "film_of_pictures",
    "fitted",
    "framed_size",
]
