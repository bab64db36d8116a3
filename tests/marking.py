"""Finds the words of the product that gettext cannot find: `python -m tests.marking [path …]` lists them.

Templates: every text and every attribute that a person sees or hears. Python: sentences, labels, help texts and titles.
Scripts: every sentence, for a script takes its words from the page.
Not marked are what only operators and programs read: management commands, settings, the sandbox, log lines.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import DebugLexer, Token, TokenType
from django.utils.translation.template import block_re, endblock_re

ROOT = Path(__file__).resolve().parents[1]
APPS = ("approvals", "collavo", "connectors", "publishing")


@dataclass(frozen=True)
class Unmarked:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


# --- Templates -------------------------------------------------------------------------------------------------------

HOLE = "\ufffc"  # where the template puts something in; a character that may stand anywhere in a tag
SEEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext",
        "data-said", "data-says", "data-words", "data-label", "data-confirm", "hx-confirm", "hx-prompt", "label",
        "summary"}  # fmt: skip
UNREAD = {"script", "style", "code", "kbd", "pre", "svg", "samp"}
NAMES = {"Collavo", "UTC", "TikTok", "YouTube", "Instagram", "API", "CSV", "JSON", "HTML", "PDF", "ZIP", "URL", "ID",
         "HTTP", "HTTPS", "https", "OK", "E", "SHA-256", "MB", "GB", "px", "fps", "ms", "s", "iCal", "Webhooks",
         "C", "x"}  # fmt: skip
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
QUOTED = re.compile(r"""(?P<mark>_\()?(?P<q>["'])(?P<text>.*?)(?P=q)""")
SHOWN_ARGUMENT = re.compile(r"[A-Z“][a-z]|[a-z]+ [a-z]+|[a-z]+[.?…]$")  # looks like words, not like a name in the code


def in_templates(paths: list[Path]) -> Iterator[Unmarked]:
    for path in paths:
        yield from in_template(path)


def in_template(path: Path) -> Iterator[Unmarked]:
    name = str(path.relative_to(ROOT))
    html, where = _without_tags(DebugLexer(path.read_text()).tokenize())
    for line, text in where:
        yield Unmarked(name, line, text)
    reader = _Reader(convert_charrefs=True)
    reader.feed(re.sub(f"<(/?){HOLE}", r"<\1", html))  # a tag whose name is chosen by the template
    reader.close()
    for line, text in reader.seen:
        if words := [word for word in WORD.findall(text) if word not in NAMES]:
            yield Unmarked(
                name, line, " ".join(words) if len(text) > 90 else " ".join(text.replace(HOLE, "{}").split())
            )


def _without_tags(tokens: list[Token]) -> tuple[str, list[tuple[int, str]]]:
    """The page with a hole for each tag and for what is marked; and the words that stand unmarked inside of tags."""
    page, unmarked, marked = [], [], False
    for token in tokens:
        if token.token_type == TokenType.TEXT:
            page.append(re.sub(r"[^\n]", "", token.contents) if marked else token.contents)
            continue
        if token.token_type == TokenType.BLOCK:
            if endblock_re.match(token.contents):
                marked = False
            elif block_re.match(token.contents):
                marked = True
            elif token.contents.split(None, 1)[0] in {"comment", "endcomment"}:
                marked = token.contents != "endcomment"
        if token.token_type != TokenType.COMMENT:
            unmarked += [(token.lineno or 0, text) for text in _arguments(token.contents)]
            page.append(HOLE + "\n" * token.contents.count("\n"))
    return "".join(page), unmarked


def _arguments(tag: str) -> Iterator[str]:
    kind = tag.split(None, 1)[0]
    if kind in {"translate", "trans", "blocktranslate", "blocktrans", "load", "extends", "url", "static", "comment"}:
        return
    for found in QUOTED.finditer(tag):
        text = found["text"]
        before = tag[: found.start()]
        if found["mark"] or text.endswith(".html") or before.rstrip().endswith(("==", "!=", "in", "|date:", "|time:")):
            continue
        if SHOWN_ARGUMENT.search(text) and text not in NAMES:
            yield f"{{{tag}}}"[:120]


class _Reader(HTMLParser):
    """Collects what is read aloud or shown."""

    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.seen: list[tuple[int, str]] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag in UNREAD:
            self.within.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        shown = SEEN | ({"value"} if tag == "input" and given.get("type") in {"submit", "button"} else set())
        for key, value in attrs:
            if value and (key in shown or key.startswith("data-say-")):  # said by a script
                self.seen.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within and data.strip():
            self.seen.append((self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n"), data))


# --- Python ----------------------------------------------------------------------------------------------------------

MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "N_"}
FOR_PROGRAMMERS = {"ValueError", "TypeError", "RuntimeError", "KeyError", "AssertionError", "NotImplementedError",
                   "ImproperlyConfigured", "CommandError", "AttributeError", "LookupError", "OSError", "Exception",
                   "compile", "Api", "ConfigDict", "getLogger", "execute", "RunSQL", "Error", "Warning", "Tags", "Path",
                   "LeaseLost", "TimeoutError", "BrokenBoxes", "FileNotFoundError"}  # fmt: skip
LOGS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LABELS = {
    "label",
    "help_text",
    "verbose_name",
    "verbose_name_plural",
    "empty_label",
    "short_description",
    "title",
    "text",
}
SCHEMA = {"__doc__", "description", "summary", "examples", "openapi_extra"}  # of the API's schema: for programmers …
SHOWN = {"display", "action"}  # … but not of these, which are the admin's
SENTENCE = re.compile(r"^[\s]*[A-Z“{%].*\s.*[.?…”]\s*$", re.DOTALL)
ELSEWHERE = re.compile(
    r"/migrations/|/management/|/sandbox/|/demo/|/embedded/|^collavo/settings|^collavo/ops/|/sandbox/.*/checks\.py$|^collavo/config"
    r"|^collavo/(launcher|supervisor)\.py|/shell\.py$"  # said in a terminal
)


def in_python(paths: list[Path]) -> Iterator[Unmarked]:
    for path in paths:
        name = str(path.relative_to(ROOT))
        if not ELSEWHERE.search(name):
            finder = _Finder(name)
            finder.visit(ast.parse(path.read_text()))
            yield from finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self, name: str) -> None:
        self.name, self.found = name, list[Unmarked]()

    def _add(self, node: ast.expr, text: str) -> None:
        self.found.append(Unmarked(self.name, node.lineno, " ".join(text.split())))

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # docstrings
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """For programmers."""

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any("Choices" in ast.unparse(base) for base in node.bases):
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
                    self._label(line.value.elts[-1])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node.func)
        if name in MARKS or name in FOR_PROGRAMMERS:
            return
        if name in LOGS and isinstance(node.func, ast.Attribute) and _called(node.func.value) in {"log", "logger"}:
            return
        if name == "Chip":  # kind, icon, text, detail
            for shown in node.args[2:]:
                self._label(shown)
        if name in SHOWN:
            for keyword in node.keywords:
                if keyword.arg == "description":
                    self._label(keyword.value)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg in SCHEMA:
            return
        if node.arg in LABELS and isinstance(node.value, ast.Constant | ast.JoinedStr):
            self._label(node.value)
        else:
            self.generic_visit(node)

    def _label(self, node: ast.expr) -> None:
        text = _text(node)
        if text and text not in NAMES and re.search("[A-Za-z]{2}", text.replace("{}", "")):
            self._add(node, text)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and SENTENCE.match(node.value):
            self._add(node, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        text = _text(node) or ""
        if SENTENCE.match(text) and len(WORD.findall(text)) > 1:
            self._add(node, text)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                for call in ast.walk(part.value):  # xgettext does not look into f-strings
                    if (
                        isinstance(call, ast.Call)
                        and _called(call.func) in MARKS
                        and isinstance(call.args[0], ast.Constant)
                    ):
                        self._add(call, _text(call.args[0]) or "")
                self.visit(part.value)


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return None


# --- Scripts ---------------------------------------------------------------------------------------------------------

LITERAL = re.compile(r"""(?P<raised>Error\()?(?P<q>["'`])(?P<text>(?:\\.|(?!(?P=q)).)*)(?P=q)""", re.DOTALL)
REMARK = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)
WORDS = re.compile(r"[A-Z][a-z]*\s.*|[A-Z][a-z]+[.?…]|.*\s.*[.?…]", re.DOTALL)


def in_scripts(paths: list[Path]) -> Iterator[Unmarked]:
    """A script has no words: what it says stands in the page, as data-say-…."""
    for path in paths:
        script = REMARK.sub(lambda found: "\n" * found[0].count("\n"), path.read_text())
        for found in LITERAL.finditer(script):
            if WORDS.fullmatch(found["text"]) and not found["raised"]:
                yield Unmarked(str(path.relative_to(ROOT)), script[: found.start()].count("\n") + 1, found["text"])


# --- All ---------------------------------------------------------------------------------------------------------


def unmarked(*places: str) -> list[Unmarked]:
    """In these files and folders; everywhere without one."""
    roots = [ROOT / place for place in places or ("templates", "static/js", *APPS)]
    files = [file for root in roots for file in (sorted(root.rglob("*")) if root.is_dir() else [root])]
    templates = [file for file in files if file.is_relative_to(ROOT / "templates") and file.suffix in {".html", ".txt"}]
    scripts = [file for file in files if file.suffix == ".js"]
    pythons = [file for file in files if file.suffix == ".py"]
    return [*in_templates(templates), *in_scripts(scripts), *in_python(pythons)]


if __name__ == "__main__":
    lines = unmarked(*sys.argv[1:])
    print(*lines, sep="\n")
    print(f"{len(lines)} unmarked")
