"""`qyran reference`: TOP500 lists that are added without a new version of qyran."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.commands import output
from harness.errors import ConfigError
from harness.reference import imported, published, top500
from harness.report import added_lists
from harness.report.added_lists import Done


def import_(file: Path, edition: str | None, *, partial: bool, as_json: bool) -> None:
    """Check a list as the site publishes it, and add it to the user's."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = published.checked(file, edition, partial=partial, added=now)
    _keep_complete(file, made.table)
    imported.add(made.table)
    _show("imported", made.table.key, made.notes, as_json=as_json)


def _keep_complete(file: Path, table: imported.Table) -> None:
    """The top of a list must not take the place of the whole list."""
    kept = [one for one in imported.stored() if one.date == table.date]
    if kept and kept[0].places > table.places:
        raise ConfigError(
            str(file),
            f"holds {table.places} places of {table.key}, of which {kept[0].places} are stored",
            fix=f"`qyran reference remove {table.key}` first, if that is what you want",
        )


def ls(*, as_json: bool) -> None:
    """What was added."""
    _show("listed", None, (), as_json=as_json)


def remove(edition: str, *, as_json: bool) -> None:
    """Take an added list away; a packaged one of that date counts again."""
    key = top500.key(*published.parse_edition(edition, "edition"))
    if not imported.remove(key):
        known = ", ".join(one.key for one in imported.stored()) or "none"
        raise ConfigError("edition", f"no list of {key} was added", known=known)
    _show("removed", key, (), as_json=as_json)


def _show(done: Done, changed: str | None, notes: tuple[str, ...], *, as_json: bool) -> None:
    top500.lists.cache_clear()
    document = added_lists.document(done, changed, notes)
    output.show(document, added_lists.rendered(document), as_json=as_json)
