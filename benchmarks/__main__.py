"""Speed of the steps, the work days and the service; `make bench` prints it and writes var/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure the steps, the rebuild of work days, then the service, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    photos = os.environ.get("PHOTOS")
    parser.add_argument("--photos", type=Path, default=Path(photos) if photos else None)
    parser.add_argument("--enrol", type=int, default=100, help="photos to enrol through the worker")
    parser.add_argument("--port", type=int, default=8129)
    parser.add_argument("--without-service", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(0)
    report: dict[str, Any] = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    report["steps"] = measure_steps(arguments.photos)
    report["work_days"] = measure_work_days()
    if not arguments.without_service:
        report["service"] = measure_service(arguments)
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nwritten to {path.relative_to(ROOT)}")


def machine() -> dict[str, Any]:
    """Return the processor, its cores and its load before the run."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def measure_steps(photos: Path | None) -> dict[str, Any]:
    """Time every library on the same frames."""
    from benchmarks import frames, steps

    chosen = frames.pictures(photos, most=20)
    report = {}
    for size in frames.SIZES:
        report[size] = steps.measure(frames.frames(chosen, size=size))
        print(f"\n| {size} | " + " | ".join(steps.STEPS) + " |\n|---|" + "---|" * len(steps.STEPS))
        for name in ("muster", "face_recognition", "verifyface"):
            cells = [f"{one['median_ms']} ({one['p95_ms']})" for one in report[size][name].values()]
            print(f"| {name} | " + " | ".join(cells) + " |")
        print("times Muster:", report[size]["times_muster"], flush=True)
    return report


def measure_work_days() -> dict[str, Any]:
    """Rebuild a year of a thousand people, in a process and a database of its own, and compare it with its limit."""
    ran = subprocess.run([sys.executable, "-m", "benchmarks.work_days"], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    report: dict[str, Any] = json.loads(ran.stdout)
    report["within_limit"] = ran.returncode == 0
    print("\nwork days:", json.dumps(report), flush=True)
    return report


def measure_service(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start the system over an empty folder, enrol people, and check in from paired doors."""
    from benchmarks import frames, service, state

    chosen = frames.pictures(arguments.photos, most=arguments.enrol)
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        var = Path(folder)
        os.environ["MUSTER_VAR"] = folder
        photos = state.fill(var / "photos", list(frames.variations(chosen, count=arguments.enrol)))
        with service.running(var, port=arguments.port) as (supervisor, green_seconds):
            report: dict[str, Any] = {"green_after_seconds": round(green_seconds, 1)}
            tokens = _fill(photos, report, count=max(service.CLIENTS) + 2)
            doors = [service.Door(arguments.port, token) for token in tokens]
            people = frames.frames(chosen[:20], size="640x480")
            report["check_ins"] = []
            for clients in service.CLIENTS:
                checking_in, lookers = doors[:clients], doors[-2:]
                small = frames.glance(people[0])
                found = service.check_ins(checking_in, lookers=lookers, frames=people, small=small)
                report["check_ins"].append(found)
                print(json.dumps(found), flush=True)
            report["memory"] = service.memory(supervisor)
            print(json.dumps(report["memory"]))
    return report


def _fill(photos: Path, report: dict[str, Any], *, count: int) -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    from benchmarks import state

    django.setup()
    tokens = state.doors(count)
    report["enrolment"] = state.enrol(photos)
    print("\nenrolment:", json.dumps(report["enrolment"]), flush=True)
    return tokens


if __name__ == "__main__":
    main()
