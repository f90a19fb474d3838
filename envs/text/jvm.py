"""Java objects behind games written for the Java virtual machine: one machine per process and jar, reused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from arena.errors import UnavailableError

__all__ = ["machine"]

# one thread's collector and the quick compiler: the machine starts in half the time and leaves the other cores alone
_STARTS_FAST = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
# a small heap that gives back: else it starts with a 64th of the machine's memory and fills that before it collects
_STAYS_SMALL = ("-Xms64m", "-Xmn48m", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30")
# one hash for all objects that have none of their own: else the order of sets, and of what a room is said to hold, is
# that of memory addresses, and the same game reads differently each time
_REPEATS_ITSELF = ("-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2")
_machines: dict[tuple[int, str], Any] = {}


def machine(jar: Path) -> Any:
    """Returns the Java classes of a jar (`machine(jar).some.package.Class()`); the machine ends with this process.

    Raises:
        UnavailableError: there is no Java.
    """
    key = (os.getpid(), str(jar))
    if key not in _machines:
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

        if shutil.which("java") is None:
            raise UnavailableError(f"{jar.name} needs Java 11 or later on the PATH: apt install default-jre-headless")
        port, token, process = launch_gateway(
            classpath=str(jar),
            javaopts=[*_STARTS_FAST, *_STAYS_SMALL, *_REPEATS_ITSELF],
            die_on_exit=True,
            cwd=str(jar.parent),  # where the games look for their tables
            return_proc=True,
            enable_auth=True,
        )
        parameters = GatewayParameters(auto_field=True, port=port, auth_token=token)
        _machines[key] = JavaGateway(gateway_parameters=parameters, java_process=process)
    return _machines[key].jvm
