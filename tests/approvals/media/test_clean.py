from pathlib import Path

import pytest

from approvals.media import UnreadableMedia, strip_location
from tests.approvals.media.samples import exif, save


def test_files_that_are_no_media_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"GPS 46.9548, 7.4446")
    with pytest.raises(UnreadableMedia):
        strip_location(path)
    assert path.read_bytes() == b"GPS 46.9548, 7.4446"


def test_nothing_is_left_beside_the_cleaned_file(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", exif=exif())
    assert strip_location(str(path)) is True
    assert list(tmp_path.iterdir()) == [path]
