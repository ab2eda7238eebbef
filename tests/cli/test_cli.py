"""The command line as its users meet it: answers, exit codes, bad input, interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PLACES = [(0.0, 0.0), (3.0, 4.0), (6.0, 0.0), (3.0, -4.0)]


def document(**changes: Any) -> dict[str, Any]:
    """A small valid instance: three jobs around a depot, two vans."""
    return {
        "name": "small",
        "depots": [{"id": "d", "location": {"x": 0, "y": 0}}],
        "jobs": [
            {"id": name, "location": {"x": x, "y": y}, "delivery": 4}
            for name, (x, y) in zip("abc", PLACES[1:], strict=True)
        ],
        "vehicle_types": [{"id": "van", "count": 2, "capacity": 8, "start": "d", "end": "d"}],
    } | changes


def geographic(*places: tuple[float, float]) -> list[dict[str, Any]]:
    """Jobs at longitude and latitude."""
    return [{"id": str(i), "location": {"lon": x, "lat": y}} for i, (x, y) in enumerate(places)]


def write(name: str, content: Any) -> str:
    """Write a file in the current folder; anything but text is JSON."""
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return name


# -- answers -----------------------------------------------------------------------------------


def test_vrp_prints_a_table_and_writes_every_format(cli: Any) -> None:
    """One solve, all output formats by suffix, the checker's verdict in the answer."""
    write("in.json", document())
    targets = ["p.json", "p.sol", "p.csv", "p.html"]
    outputs = [word for target in targets for word in ("-o", target)]
    code, out, err = cli("vrp", "in.json", "--time", "0.5", *outputs)
    assert code == 0
    assert "3/3 served" in out
    assert "0 violations" in out
    assert all(target in err for target in targets)
    for target in ("p.json", "p.sol", "p.csv", "p.html"):
        assert cli("check", "in.json", target, "-q")[0] == 0
    assert cli("check", "p.html", "-q")[0] == 0
    assert cli("check", "p.json", "-q")[0] == 0


def test_json_answer_is_json_alone(cli: Any) -> None:
    """With --json standard output is one JSON document and standard error is silent."""
    write("in.json", document())
    code, out, err = cli("vrp", "in.json", "--time", "0.3", "--json")
    assert code == 0
    assert json.loads(out)["totals"]["served"] == 3
    assert err == ""


def test_format_without_file_goes_to_stdout(cli: Any) -> None:
    """``--format sol`` prints the solution file and nothing else."""
    write("in.json", document())
    code, out, _ = cli("vrp", "in.json", "--solver", "savings", "--format", "sol")
    assert code == 0
    assert out.startswith("Route #1:")


def test_standard_input(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """'-' reads the instance from standard input."""
    import io

    text = json.dumps(document())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert cli("vrp", "-", "--solver", "savings", "-q")[0] == 0


def test_empty_job_list_is_a_valid_empty_plan(cli: Any) -> None:
    """Nothing to do is not an error."""
    write("in.json", document(jobs=[]))
    code, out, _ = cli("vrp", "in.json", "--time", "0.2", "--json")
    assert code == 0
    assert json.loads(out)["routes"] == []


def test_strict_turns_unserved_jobs_into_exit_4(cli: Any) -> None:
    """Unserved jobs are a result, listed with a reason; --strict makes them a failure."""
    instance = document()
    instance["vehicle_types"][0] |= {"count": 1}
    write("in.json", instance)
    code, out, _ = cli("vrp", "in.json", "--time", "0.3")
    assert code == 0
    assert "1 not served" in out
    assert "no vehicle" in out
    assert cli("vrp", "in.json", "--time", "0.3", "--strict")[0] == 4


def test_matrix_option(cli: Any) -> None:
    """A matrix file replaces the travel; its rows are depots, then jobs."""
    write("in.json", document())
    rows = [[0, 1, 9, 9], [9, 0, 1, 9], [9, 9, 0, 1], [1, 9, 9, 0]]
    write("m.csv", "\n".join(",".join(map(str, row)) for row in rows))
    instance = document()
    instance["vehicle_types"][0]["capacity"] = 100
    write("in.json", instance)
    code, out, _ = cli("vrp", "in.json", "--matrix", "m.csv", "--time", "0.5", "--json")
    assert code == 0
    assert json.loads(out)["cost"] == 4


def test_start_plan_is_used(cli: Any) -> None:
    """A plan made before starts the search."""
    write("in.json", document())
    cli("vrp", "in.json", "--solver", "savings", "-o", "start.json", "-q")
    code, out, _ = cli("vrp", "in.json", "--start", "start.json", "--time", "0.3", "--json")
    assert code == 0
    start = json.loads(Path("start.json").read_text("utf-8"))
    assert json.loads(out)["cost"] <= start["cost"] + 1e-9


def test_check_finds_violations(cli: Any) -> None:
    """A broken plan is listed and ends with exit code 2."""
    write("in.json", document())
    write("bad.sol", "Route #1: a b c\nCost 1\n")
    code, out, _ = cli("check", "in.json", "bad.sol")
    assert code == 2
    assert "capacity" in out
    code, out, _ = cli("check", "in.json", "bad.sol", "--json")
    kinds = {v["kind"] for v in json.loads(out)["violations"]}
    assert {"capacity", "stated_cost"} <= kinds


def test_convert_lists_what_is_lost(cli: Any) -> None:
    """Converting to VROOM names the fields that VROOM cannot hold; back again the file solves."""
    instance = document(jobs=geographic((31.3, 30.1), (31.31, 30.1)), name="x")
    instance["depots"][0]["location"] = {"lon": 31.3, "lat": 30.09}
    instance["jobs"][0]["prize"] = 7
    write("in.json", instance)
    code, out, _ = cli("convert", "in.json", "out.json", "--to", "vroom")
    assert code == 0
    assert "prize" in out
    assert {"jobs", "vehicles"} <= set(json.loads(Path("out.json").read_text("utf-8")))
    assert cli("vrp", "out.json", "--time", "0.3", "-q")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["solvers"],
        ["solvers", "--json"],
        ["formats"],
        ["formats", "--json"],
        ["schema"],
        ["demo", "--list"],
        ["generate", "--list"],
        ["--version"],
        ["--help"],
    ],
)
def test_lists(cli: Any, arguments: list[str]) -> None:
    """The commands that list things answer on standard output."""
    code, out, err = cli(*arguments)
    assert code == 0
    assert out
    assert err == ""
    if "--json" in arguments or arguments == ["schema"]:
        json.loads(out)


def test_generate_is_seeded_and_solvable(cli: Any) -> None:
    """The same seed gives the same file; the file solves."""
    first = cli("generate", "VRPTW", "-n", "8", "--seed", "3")[1]
    assert first == cli("generate", "VRPTW", "-n", "8", "--seed", "3")[1]
    write("g.json", first)
    assert cli("vrp", "g.json", "--time", "0.5", "-q")[0] == 0


def test_solvers_says_what_a_solver_lacks(cli: Any) -> None:
    """With a file, unsupported features are named; the solver refuses with the same words."""
    instance = document()
    instance["jobs"][0]["skills"] = ["crane"]
    instance["vehicle_types"][0]["skills"] = ["crane"]
    write("in.json", instance)
    lacks = {s["name"]: s["lacks"] for s in json.loads(cli("solvers", "in.json", "--json")[1])}
    assert lacks["savings"] == ["skills"]
    code, _, err = cli("vrp", "in.json", "--solver", "savings")
    assert code == 2
    assert "skills" in err
    assert "ortools" in err


# -- bad input ---------------------------------------------------------------------------------


def _broken(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    instance = document()
    part: Any = instance
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return instance


BAD: dict[str, tuple[Any, list[str]]] = {
    "truncated": (json.dumps(document())[:-30], ["in.json", "line 1"]),
    "not JSON": ("hello world\nthis is prose\n", ["in.json"]),
    "empty file": ("", ["in.json", "empty"]),
    "unknown key": (_broken(("jobs", 0, "servce"), 3), ["/jobs/0", "servce", "service"]),
    "wrong type": (_broken(("jobs", 1, "service"), "long"), ["/jobs/1/service", "'long'"]),
    "NaN": (json.dumps(_broken(("jobs", 0, "delivery"), float("nan"))), ["/jobs/0/delivery"]),
    "infinite": (json.dumps(_broken(("jobs", 0, "service"), float("inf"))), ["/jobs/0/service"]),
    "negative": (_broken(("jobs", 2, "delivery"), -1), ["/jobs/2/delivery", "-1"]),
    "negative time": (_broken(("jobs", 2, "service"), -5), ["/jobs/2/service", "-5"]),
    "latitude": (
        document(jobs=geographic((30.1, 131.3))),
        ["/jobs/0/location/lat", "131.3", "swapped"],
    ),
    "swapped": (
        document(
            jobs=geographic((31.3, 30.1), (31.31, 30.1), (31.32, 30.1), (30.1, 1.3), (1.3, 30.1)),
            depots=[{"id": "d", "location": {"lon": 30.1, "lat": 71.3}}],
            profiles=[{"metric": "haversine"}],
        ),
        [],
    ),
    "window reversed": (
        _broken(("jobs", 0, "time_windows"), [{"earliest": 9, "latest": 3}]),
        ["/jobs/0/time_windows/0", "before it starts"],
    ),
    "too much demand": (_broken(("jobs", 0, "delivery"), 99), ["/jobs/0/delivery", "99", "8"]),
    "duplicate id": (_broken(("jobs", 1, "id"), "a"), ["/jobs/1/id", "'a'", "twice"]),
    "matrix shape": (
        document(profiles=[{"metric": "matrix", "durations": [[0, 1], [1, 0, 3]]}]),
        ["/profiles/0/durations"],
    ),
    "matrix negative": (
        document(
            jobs=[{"id": "a", "location": {"index": 1}}],
            depots=[{"id": "d", "location": {"index": 0}}],
            profiles=[{"metric": "matrix", "durations": [[0, -1], [1, 0]]}],
        ),
        ["/profiles/0/durations/0/1", "-1"],
    ),
    "zero vehicles": (_broken(("vehicle_types", 0, "count"), 0), ["/vehicle_types"]),
    "no vehicles": (document(vehicle_types=[]), ["/vehicle_types"]),
    "unknown depot": (_broken(("vehicle_types", 0, "start"), "e"), ["/vehicle_types/0/start"]),
}
del BAD["swapped"]  # has a test of its own


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(cli: Any, case: str) -> None:
    """Exit code 2, the place and the value in the message, a fix, and no output file."""
    content, words = BAD[case]
    write("in.json", content)
    code, out, err = cli("vrp", "in.json", "-o", "plan.json", "--time", "0.2")
    assert code == 2
    assert out == ""
    for word in words:
        assert word in err, err
    assert "fix:" in err
    assert os.listdir() == ["in.json"]


def test_all_problems_at_once(cli: Any) -> None:
    """Several mistakes, one run."""
    instance = document()
    instance["jobs"][0]["service"] = -1
    instance["jobs"][1]["servce"] = 1
    instance["jobs"][2]["delivery"] = "x"
    write("in.json", instance)
    code, _, err = cli("vrp", "in.json")
    assert code == 2
    assert all(f"/jobs/{i}/" in err for i in range(3))
    assert "3 problems" in err


def test_errors_as_json(cli: Any) -> None:
    """With --json the error is JSON too."""
    write("in.json", _broken(("jobs", 0, "service"), -1))
    code, out, _ = cli("vrp", "in.json", "--json")
    assert code == 2
    answer = json.loads(out)
    assert answer["code"] == 2
    assert answer["problems"][0]["where"].endswith("/jobs/0/service")


def test_swapped_coordinates_are_recognised(cli: Any) -> None:
    """One stop far away that lies among the others once swapped."""
    jobs = geographic((31.3, 30.1), (31.31, 30.12), (31.32, 30.11), (10.1, 51.3))
    jobs[3]["location"] = {"lon": 30.1, "lat": 31.3}
    far = [(x + 20.0, y) for x, y in ((31.3, 30.1), (31.31, 30.12), (31.32, 30.11))]
    jobs[:3] = geographic(*far)
    jobs[3]["location"] = {"lon": 30.1, "lat": 51.3}
    write(
        "in.json", document(jobs=jobs, depots=[{"id": "d", "location": {"lon": 51.3, "lat": 30.1}}])
    )
    code, _, err = cli("vrp", "in.json")
    assert code == 2
    assert "/jobs/3/location" in err
    assert "swapped" in err


def test_missing_file_and_folder(cli: Any) -> None:
    """A file that is not there, and a folder in its place."""
    for name in ("nowhere.json", "."):
        code, _, err = cli("vrp", name)
        assert code == 2
        assert "fix:" in err


def test_binary_garbage_is_refused(cli: Any) -> None:
    """A big file of noise is refused by its head."""
    Path("noise.json").write_bytes(os.urandom(1 << 20) * 20)
    code, _, err = cli("vrp", "noise.json")
    assert code == 2
    assert "noise.json" in err


def test_suffix_may_lie(cli: Any) -> None:
    """Formats are recognised by content."""
    write("stops.vrp", document())
    assert cli("vrp", "stops.vrp", "--solver", "savings", "-q")[0] == 0


def test_output_folder_must_be_writable(cli: Any) -> None:
    """Found out before solving; nothing is left behind."""
    write("in.json", document())
    code, _, err = cli("vrp", "in.json", "-o", "nowhere/plan.json", "-o", "plan.xyz")
    assert code == 2
    assert "nowhere/plan.json" in err
    assert "plan.xyz" in err
    assert os.listdir() == ["in.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(cli: Any) -> None:
    """A folder without write permission is an input error."""
    write("in.json", document())
    Path("locked").mkdir(mode=0o500)
    assert cli("vrp", "in.json", "-o", "locked/plan.json")[0] == 2


def test_plan_with_unknown_jobs(cli: Any) -> None:
    """A plan that names jobs the instance does not have is bad input."""
    write("in.json", document())
    write("bad.sol", "Route #1: a z\n")
    code, _, err = cli("check", "in.json", "bad.sol")
    assert code == 2
    assert "'z'" in err


def test_unreachable_stop_is_exit_3(cli: Any) -> None:
    """A stop no road leads to is named, with exit code 3."""
    instance = document(
        jobs=[{"id": "island", "location": {"index": 1}}, {"id": "b", "location": {"index": 2}}],
        depots=[{"id": "d", "location": {"index": 0}}],
        profiles=[{"metric": "matrix", "durations": [[0, None, 1], [None, 0, None], [1, None, 0]]}],
    )
    write("in.json", instance)
    code, _, err = cli("vrp", "in.json")
    assert code == 3
    assert "island" in err


def test_stop_off_the_network_is_exit_3(cli: Any) -> None:
    """A stop far from the street network is named with its distance."""
    instance = document(jobs=geographic((31.33, 30.1), (10.0, 50.0)))
    instance["depots"][0]["location"] = {"lon": 31.33, "lat": 30.09}
    write("in.json", instance)
    code, _, err = cli("vrp", "in.json", "--network", "cairo")
    assert code == 3
    assert "'1'" in err
    assert " m" in err


def test_unknown_command_and_option(cli: Any) -> None:
    """Usage errors are exit code 2, with the nearest name or the right command."""
    code, _, err = cli("chek")
    assert code == 2
    assert "check" in err
    write("in.json", document())
    code, _, err = cli("in.json")
    assert code == 2
    assert "routesolve vrp in.json" in err
    assert cli("vrp", "in.json", "--sover", "x")[0] == 2


def test_interrupt_writes_the_best_plan(tmp_path: Path) -> None:
    """Ctrl-C during the search: the best plan so far is written, exit code 130."""
    source = tmp_path / "in.json"
    target = tmp_path / "plan.json"
    generated = subprocess.run(
        [sys.executable, "-m", "routesolve", "generate", "X", "-n", "60", "-o", str(source)],
        capture_output=True,
        check=True,
    )
    assert generated.returncode == 0
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "routesolve",
            "vrp",
            str(source),
            "--time",
            "120",
            "-o",
            str(target),
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:  # the first progress line: there is a plan
        if "solving" in line:
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    plan = json.loads(target.read_text("utf-8"))
    assert plan["interrupted"] is True
    assert plan["totals"]["served"] == 60
