"""What happens to each picture of a film: upright, cut or framed, scaled, in the colours of HD video."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import av
from av.filter import Graph

from .plan import FPS, Frame, even, framed_size

_TICK = Fraction(1, FPS)
_TURNS = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}
_COLOURS = "out_color_matrix=bt709:out_range=tv"
_BLUR = 24  # the ground is made so many times smaller, blurred, and enlarged again: cheap, and soft enough


class Look:
    """Makes pictures of one size of whatever comes. The chain is built anew when frames change their form."""

    def __init__(self, size: tuple[int, int], ratio: float | None, frame: Frame, shape: float = 1.0) -> None:
        self.size, self.ratio, self.frame, self.shape = size, ratio, frame, shape  # `shape`: width of a pixel by height
        self.form: tuple[object, ...] = ()
        self.graph: Graph | None = None

    def of(self, frame: av.VideoFrame) -> av.VideoFrame:
        form = (frame.width, frame.height, frame.format.name, frame.rotation % 360)
        if form != self.form or self.graph is None:
            self.graph, self.form = self._chain(frame), form
        frame.pts = None  # the encoder numbers them
        self.graph.push(frame)
        return cast(av.VideoFrame, self.graph.pull())

    def _chain(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        source: Any = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TICK)
        last = source
        for name, how in _TURNS.get(frame.rotation % 360, ()):
            last = _then(graph, last, name, how)
        turned = frame.rotation % 180
        width, height = (frame.height, frame.width) if turned else (frame.width, frame.height)
        wide, high = (width, height * self.shape) if turned else (width * self.shape, height)  # as displayed
        last = (self._barred if self._has_bars(wide, high) else self._cropped)(graph, last, width, height, wide, high)
        for name, how in (("setsar", "1"), ("format", "yuv420p"), ("buffersink", "")):
            last = _then(graph, last, name, how)
        graph.configure()
        return graph

    def _has_bars(self, wide: float, high: float) -> bool:
        return self.frame == Frame.BARS and framed_size(wide, high, self.ratio, self.frame) != (wide, high)

    def _cropped(self, graph: Graph, last: Any, width: int, height: int, wide: float, high: float) -> Any:
        kept = framed_size(wide, high, self.ratio, Frame.CROP)
        box = (max(2, round(width * kept[0] / wide)), max(2, round(height * kept[1] / high)))
        if box != (width, height):
            last = _then(graph, last, "crop", f"{box[0]}:{box[1]}")
        return _then(graph, last, "scale", f"{self.size[0]}:{self.size[1]}:flags=bicubic:{_COLOURS}")

    def _barred(self, graph: Graph, last: Any, width: int, height: int, wide: float, high: float) -> Any:
        """All of it, in the middle of a ground that is itself, cut, blurred and a little darker."""
        (w, h), scale = self.size, min(self.size[0] / wide, self.size[1] / high)
        parts: Any = graph.add("split", "2")
        last.link_to(parts)
        kept = framed_size(wide, high, w / h, Frame.CROP)
        ground = graph.add("crop", f"{max(2, round(width * kept[0] / wide))}:{max(2, round(height * kept[1] / high))}")
        parts.link_to(ground, 0, 0)
        tiny = f"{max(2, w // _BLUR)}:{max(2, h // _BLUR)}"
        for name, how in (("scale", tiny), ("gblur", "sigma=1.5"), ("scale", f"{w}:{h}:flags=bicubic:{_COLOURS}"),
                          ("format", "yuv420p"), ("lutyuv", "y=val*0.8")):  # fmt: skip
            ground = _then(graph, ground, name, how)
        whole = graph.add(
            "scale", f"{min(w, even(wide * scale))}:{min(h, even(high * scale))}:flags=bicubic:{_COLOURS}"
        )
        parts.link_to(whole, 1, 0)
        whole = _then(graph, whole, "format", "yuv420p")
        laid: Any = graph.add("overlay", "(W-w)/2:(H-h)/2")
        ground.link_to(laid, 0, 0)
        whole.link_to(laid, 0, 1)
        return laid


def _then(graph: Graph, last: Any, name: str, how: str) -> Any:
    node: Any = graph.add(name, how) if how else graph.add(name)
    last.link_to(node)
    return node
