"""A plan of very many cases is made, and shown, in no time worth speaking of."""

from __future__ import annotations

import io

from rich.console import Console

from harness.commands.run import plan_document
from harness.config.suite import SCHEMA, Suite
from harness.config.yaml_file import parse
from harness.plan.expand import Overrides
from harness.prepare import Request, prepare
from harness.report import terminal

CASES = 1000


def test_only_the_first_rows_are_drawn_and_the_rest_is_counted() -> None:
    sizes = ", ".join(str(n) for n in range(1, CASES + 1))
    text = f"schema: {SCHEMA}\ncases: [{{kernel: stream, sweep: {{n: [{sizes}]}}}}]\n"
    document = parse(text, "long.yaml")
    data = {key: value for key, value in document.data.items() if key != "schema"}
    suite = Suite.model_validate(data)
    request = Request("long", Overrides(ranks=(1,)), suite=(suite, document))
    plan = plan_document(prepare(request))
    assert len(plan.cases) == CASES
    out = io.StringIO()
    Console(file=out, width=120).print(terminal.plan(plan))
    assert f"{CASES} cases" in out.getvalue()
    assert f"{CASES - 200} of them not shown, --json has all" in out.getvalue()
    assert len(out.getvalue().splitlines()) < 600
