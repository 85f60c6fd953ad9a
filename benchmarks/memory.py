"""Memory of a web process under load: `python -m benchmarks.memory --photos DIR`.

It is the last part of `make bench` alone: the system runs as `make run` starts it, photos are enrolled through the
worker, and paired doors check in as fast as they are answered while two more doors request previews.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks import frames, service

PHOTOS = 20


def main() -> None:
    """Start the system, check in from the doors, and print the memory of each process before and after."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--photos", type=Path, default=None, help="a folder per person; the two portraits without")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--port", type=int, default=8129)
    arguments = parser.parse_args()
    os.environ.setdefault("MUSTER_WEB_WORKERS", "2")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    chosen = frames.pictures(arguments.photos, most=PHOTOS)
    people = frames.frames(chosen, size="640x480")
    with tempfile.TemporaryDirectory(prefix="muster-bench-", ignore_cleanup_errors=True) as folder:
        var = Path(folder)
        os.environ["MUSTER_VAR"] = folder
        with service.running(var, port=arguments.port) as (supervisor, _):
            import django

            from benchmarks import state

            django.setup()
            print(json.dumps(state.enrol(state.fill(var / "photos", list(frames.variations(chosen, count=PHOTOS))))))
            doors = [service.Door(arguments.port, token) for token in state.doors(arguments.clients + 2)]
            print(json.dumps({"before": service.memory(supervisor)["web"]}), flush=True)
            found = service.check_ins(
                doors[: arguments.clients],
                lookers=doors[arguments.clients :],
                frames=people,
                small=frames.glance(people[0]),
                seconds=arguments.seconds,
            )
            print(json.dumps(found))
            print(json.dumps({"after": service.memory(supervisor)["web"]}))


if __name__ == "__main__":
    main()
