"""Where those who accept and those who deliver sign."""

from __future__ import annotations

from typing import Final

from harness.report.html.content import Section
from harness.report.report_document import ReportDoc

ORDER: Final = 90


def section(report: ReportDoc) -> Section | None:
    """Of an acceptance alone."""
    if report.accept is None:
        return None
    facts = {"judged": len(report.accept.nodes), "counts": report.accept.counts}
    return Section("signature", "Signatures", template="signature.html", facts=facts)
