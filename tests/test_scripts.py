"""Scripts take what they say from the page."""

import re

from tests.marking import ROOT, in_scripts

SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def asked_for() -> set[str]:
    """As attributes: `words().sayTooBig` and `tell("sayTooBig")` ask for data-say-too-big."""
    names = {name for script in SCRIPTS for name in re.findall(r"\b(say[A-Z]\w*)", script.read_text())}
    return {"data-" + re.sub(r"[A-Z]", lambda capital: "-" + capital[0].lower(), name) for name in names}


def test_what_a_script_says_stands_in_a_page_and_what_stands_there_is_said() -> None:
    offered = {name for template in TEMPLATES for name in re.findall(r"\b(data-say-[\w-]+)=", template.read_text())}
    assert asked_for() == offered


def test_a_script_has_no_words_of_its_own() -> None:
    assert list(in_scripts(SCRIPTS)) == []
