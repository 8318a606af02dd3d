"""The example notebook runs from top to bottom."""

import ast
import json
import pathlib
from typing import Any

import pytest

import ipcsentry

NOTEBOOK = pathlib.Path(__file__).parents[1] / "examples" / "hunt.ipynb"


def shown(code: str, names: dict[str, Any]) -> Any:
    """Runs a cell and returns the value of its last expression, as a kernel shows it."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(NOTEBOOK), "exec"), names)
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names) if isinstance(last, ast.Expr) else None


def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    # The cell of Spark has tests of its own.
    monkeypatch.setattr("shutil.which", lambda name: None)
    names: dict[str, Any] = {}
    results = []
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        assert cell.get("outputs", []) == [], "the notebook is stored without outputs"
        if cell["cell_type"] == "code":
            results.append(shown("".join(cell["source"]), names))
    alerts, fewer = names["alerts"], names["fewer"]
    assert {"W02", "L05"} <= {alert.code for alert in alerts} and len({alert.analytic for alert in alerts}) == 3
    assert len(fewer) == len(alerts) - 1 and fewer.stats["suppressed"] > 0
    kinds = {type(result) for result in results}
    assert kinds >= {ipcsentry.Alerts, ipcsentry.Timeline, ipcsentry.Policy, ipcsentry.Coverages}
    for result in results:
        if hasattr(result, "_repr_html_"):
            assert "<table" in result._repr_html_()
    assert "initiator:" in capsys.readouterr().out


def test_it_runs_in_a_kernel() -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=resources).execute()
    pages = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert any("ips-chain" in page for page in pages) and any("ips-heat" in page for page in pages)
