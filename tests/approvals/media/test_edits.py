from pathlib import Path

import pytest

from approvals.media.edits import Edit, replacing, rewrite


def test_bytes_are_replaced_removed_and_inserted_and_all_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    rewrite(path, [Edit(8, 8, b"!"), Edit(0, 2, b"ab"), Edit(4, 6)])
    assert path.read_bytes() == b"ab2367!89"


def test_edits_of_the_same_bytes_are_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with pytest.raises(ValueError, match="same bytes"):
        rewrite(path, [Edit(0, 4), Edit(3, 5)])
    assert path.read_bytes() == b"0123456789"


def test_the_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    path.chmod(0o600)
    rewrite(path, [Edit(0, 1)])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failure_while_writing_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert [found.name for found in tmp_path.iterdir()] == ["a"]
    assert path.read_bytes() == b"old"
