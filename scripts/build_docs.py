"""Write what the documentation takes from the code: the JSON Schema and the field tables.

    python scripts/build_docs.py [--check]

With ``--check`` nothing is written, and the exit code is 1 when a file is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from routesolve.instances.schema import field_tables, json_schema

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- tables:begin -->", "<!-- tables:end -->"


def wanted(docs: Path) -> dict[Path, str]:
    """Return the files and what should be in them."""
    page = docs / "format.md"
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    schema = json.dumps(json_schema(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {
        docs / "instance.schema.json": schema,
        page: f"{head}{BEGIN}\n\n{field_tables()}\n{END}{tail}",
    }


def main() -> int:
    """Write, or with ``--check`` compare."""
    parser = argparse.ArgumentParser(description="Write the generated parts of docs/.")
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    stale = [
        (path, text)
        for path, text in wanted(DOCS).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if not check:
            path.write_text(text, encoding="utf-8")
        print(f"{'out of date' if check else 'wrote'} {path}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
