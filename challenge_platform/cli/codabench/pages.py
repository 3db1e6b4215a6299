"""The pages of a bundle as those of a challenge: sorted by their titles, in one language twice."""

from collections.abc import Iterator
from pathlib import Path

from challenge_platform.cli.codabench.bundle import Bundle, Page
from challenge_platform.cli.codabench.report import Report

_WORDS = {
    "evaluation": ("evaluation", "scoring", "metric", "score"),
    "data": ("data", "dataset", "files"),
    "rules": ("rule", "terms", "participate", "condition", "submission"),
}
"""Words in a title that tell which page it is; every other is a part of the overview."""

_NEEDED = ("overview", "data", "rules")
_MOST_BYTES = 1 << 20


def write_pages(bundle: Bundle, folder: Path, /, *, report: Report) -> dict[str, dict[str, str]]:
    """Write the pages below `pages/`, and give what challenge.yaml says of them."""
    texts: dict[str, list[str]] = {}
    for page in bundle.pages:
        name = _which(page)
        texts.setdefault(name, []).append(f"## {page.title}\n\n{_read(page.file, report=report)}")
        report.imported(f"pages.{page.title}", f"on the page {name}")
    if bundle.description:
        texts.setdefault("overview", []).insert(0, bundle.description)
    if told := [
        f"### {each.name}\n\n{each.description}" for each in bundle.phases if each.description
    ]:
        texts.setdefault("overview", []).append("\n\n".join(["## Phases", *told]))
        report.imported("phases", "what they say of themselves, on the page overview")
    for name in _NEEDED:
        if name not in texts:
            report.changed("pages", f"there is no page for {name}; write it")
            texts[name] = [f"## {name.capitalize()}\n\nTo be written."]
    if bundle.pages:
        report.changed("pages", "are in one language; write their French")
    return {name: _write(folder, name, "\n\n".join(texts[name])) for name in _ordered(texts)}


def write_agreement(bundle: Bundle, folder: Path, /, *, report: Report) -> dict[str, object]:
    """Write what a participant agrees to, and give what challenge.yaml says of it."""
    if bundle.terms is None:
        report.decide("terms", "there are none; write what participants agree to")
        text = "To be written."
    else:
        text = _read(bundle.terms, report=report)
        report.imported("terms", "as version 1 of the agreement")
    path = folder / "agreement.en.md"
    path.write_text(text, encoding="utf-8")
    return {"version": "1", "file": {"en": path.name, "fr": path.name}}


def _which(page: Page) -> str:
    title = page.title.lower()
    found = (name for name, words in _WORDS.items() if any(word in title for word in words))
    return next(found, "overview")


def _ordered(texts: dict[str, list[str]]) -> Iterator[str]:
    return (name for name in ("overview", "data", "evaluation", "rules") if name in texts)


def _read(path: Path, /, *, report: Report) -> str:
    content = path.read_bytes()[:_MOST_BYTES]
    if not content.strip():
        report.decide(path.name, "the page is empty, which Codabench refuses; write it")
    if path.suffix.lower() in {".html", ".htm"}:
        report.decide(path.name, "is HTML, which is shown as it is written; write it as Markdown")
    return content.decode("utf-8-sig", errors="replace")


def _write(folder: Path, name: str, text: str) -> dict[str, str]:
    path = f"pages/{name}.en.md"
    (folder / path).write_text(text.rstrip() + "\n", encoding="utf-8")
    return {"en": path, "fr": path}
