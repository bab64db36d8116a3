"""Small real files, made on the spot: pictures by Pillow, films by FFmpeg's own encoders."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition
from PIL import ExifTags, Image, ImageCms

LATITUDE = ((46, 1), (57, 1), (4_711_999, 100_000))  # a fraction whose bytes can be searched for
LATITUDE_BYTES = (4_711_999).to_bytes(4), (4_711_999).to_bytes(4, "little")
ISO6709 = "+46.9548+007.4446/"
XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="46,57.1N"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Bern" photoshop:Credit="Mara Weiss"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="trainedAlgorithmicMedia">'
    "<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li Iptc4xmpExt:Sublocation='Marzili'/></rdf:Bag>"
    "</Iptc4xmpExt:LocationCreated></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(size: tuple[int, int] = (64, 40), mode: str = "RGB") -> Image.Image:
    """A gradient, so that a turned or wrongly decoded picture looks different."""
    return Image.linear_gradient("L").rotate(30).resize(size).convert(mode)


def exif(*, gps: bool = True, orientation: int = 1, maker_note: bytes = b"") -> Image.Exif:
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.Artist] = "Mara Weiss"
    if maker_note:
        data.get_ifd(ExifTags.IFD.Exif)[0x927C] = maker_note
    if gps:
        data.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: tuple(Fraction(*part) for part in LATITUDE)})
    return data


def save(path: Path, image: Image.Image | None = None, **options: Any) -> Path:
    (image or picture()).save(path, **options)
    return path


def frame_of(image: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call,no-any-return]


def film(
    path: Path, *, seconds: float = 0.5, fps: int = 24, size: tuple[int, int] = (64, 96), audio: bool = True,
    options: dict[str, str] | None = None, metadata: dict[str, str] | None = None, codec: str = "libx264",
) -> Path:  # fmt: skip
    """A short film with a tone. `options` go to the muxer ("movflags"), `metadata` into the container."""
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        video: Any = container.add_stream(codec, rate=fps)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound: Any = None
        if audio:
            sound = container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48_000, layout="mono")
        for number in range(round(seconds * fps)):
            image = picture(size).point(lambda v, n=number: (v + 4 * n) % 256)
            container.mux(video.encode(frame_of(image)))
        container.mux(video.encode(None))
        if sound is not None:
            encode_silence(container, sound, seconds)
    return path


def sound_with_cover(path: Path) -> Path:
    """A sound file whose only picture is its cover."""
    with av.open(str(path), "w", format="mp4") as container:
        sound: Any = container.add_stream("aac", rate=48_000, layout="mono")
        cover: Any = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        container.start_encoding()
        container.mux(cover.encode(frame_of(picture((64, 64)))))
        container.mux(cover.encode(None))
        encode_silence(container, sound, 0.3)
    return path


def encode_silence(container: Any, stream: Any, seconds: float) -> None:
    samples = 1024
    for number in range(round(seconds * 48_000 / samples)):
        frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate, frame.pts = 48_000, number * samples
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def box(kind: bytes, body: bytes) -> bytes:
    """One MP4 box."""
    return (len(body) + 8).to_bytes(4) + kind + body


def turn(path: Path) -> Path:
    """Rewrite the picture track's matrix, as a phone held upright does: shown turned by 90 degrees clockwise."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # version 0: ISO/IEC 14496-12 §8.3.2
    numbers = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    data[matrix : matrix + 36] = b"".join(number.to_bytes(4, signed=True) for number in numbers)
    path.write_bytes(data)
    return path


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return image.convert("RGBA").tobytes()


def packets(path: Path) -> list[bytes]:
    """The compressed data of picture and sound, in order."""
    with av.open(str(path)) as container:
        streams = [*container.streams.video, *container.streams.audio]
        return [bytes(packet) for packet in container.demux(streams)]
