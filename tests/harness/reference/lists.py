"""Lists in the form of the site's files, made of packaged figures, for the tests of `import`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

from harness.reference import top500

OLD = ("Rank", "Site", "Manufacturer", "Computer", "Country", "Year", "Processors", "RMax",
       "RPeak", "Nmax", "Nhalf", "Power")  # fmt: skip
NEW = ("Rank", "Previous Rank", "First Appearance", "First Rank", "Name", "Computer", "Site",
       "Manufacturer", "Country", "Year", "Segment", "Total Cores",
       "Accelerator/Co-Processor Cores", "Rmax [TFlop/s]", "Rpeak [TFlop/s]", "Nmax", "Nhalf",
       "HPCG [TFlop/s]", "Power (kW)", "Power Source",
       "Energy Efficiency [GFlops/Watts]")  # fmt: skip
COMPUTER = "ThinkSystem SD650, Xeon Platinum 8480+ 56C 2GHz, Infiniband NDR200"


def entries(grown: float = 1.1, places: int = 500) -> list[dict[str, Any]]:
    """The newest packaged list with every rate grown: what a next list could be. Gflop/s, kW."""
    of = top500.packaged()[-1]
    return [
        {
            "rank": i + 1,
            "rmax": round(grown * of.rmax[i] / 1e9),
            "rpeak": round(grown * of.rpeak[i] / 1e9),
            "cores": int(of.cores[i]),
            "power": of.power[i] / 1e3 if of.power[i] > 0 else None,
            "computer": COMPUTER,
            "name": f"System {i + 1}",
        }
        for i in range(places)
    ]


def xml(path: Path, rows: list[dict[str, Any]], date: str = "2026/11/17") -> Path:
    """As TOP500_202511_all.xml."""
    names = {"rank": "rank", "system-name": "name", "computer": "computer", "r-max": "rmax",
             "power": "power", "r-peak": "rpeak", "number-of-processors": "cores"}  # fmt: skip
    lines = [f'<top500:list xmlns:top500="http://www.top500.org/xml/top500/1.0" date="{date}">']
    for row in rows:
        lines.append("  <top500:site>")
        for tag, name in names.items():
            text = "" if row[name] is None else row[name]
            lines.append(f"    <top500:{tag}>{text}</top500:{tag}>")
        lines.append("  </top500:site>")
    path.write_text("\n".join([*lines, "</top500:list>"]))
    return path


def xlsx(path: Path, rows: list[dict[str, Any]], sheet: str = "68", source: str = "") -> Path:
    """As the sheets since 2020: rates in Tflop/s, the number of the edition is the sheet's name."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(NEW)
    for row in rows:
        cells = {
            "Rank": row["rank"], "Name": row["name"], "Computer": row["computer"],
            "Total Cores": row["cores"], "Rmax [TFlop/s]": row["rmax"] / 1e3,
            "Rpeak [TFlop/s]": row["rpeak"] / 1e3, "Power (kW)": row["power"],
            "Power Source": source,
        }  # fmt: skip
        page.append([cells.get(column) for column in NEW])
    book.save(path)
    return path


def text(path: Path, rows: list[dict[str, Any]], separator: str = "\t") -> Path:
    """As the sheets of 2008, saved as text: Processors, RMax in Gflop/s, a title above."""
    lines = ["TOP500 List", separator.join(OLD)]
    for row in rows:
        cells = {"Rank": row["rank"], "Computer": f'"{row["computer"]}"',
                 "Processors": row["cores"], "RMax": row["rmax"], "RPeak": row["rpeak"],
                 "Power": row["power"]}  # fmt: skip
        lines.append(separator.join(str(cells.get(name) or "") for name in OLD))
    path.write_text("\n".join(lines) + "\n")
    return path
