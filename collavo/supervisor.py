"""Runs the processes of the Procfile: one that ends is started again, and at the end nothing is left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

GRACE = 20.0  # seconds from SIGTERM to SIGKILL; work cut off then resumes by its journal
RESTARTS = 5  # in RESTART_WINDOW seconds; one more and everything stops
RESTART_WINDOW = 60.0
RESTART_DELAY = 1.0  # seconds, so that a process that dies at once does not burn the processor


def read_procfile(path: Path) -> dict[str, str]:
    return dict(parse_procfile(path.read_text()).processes)


LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_the_parent() -> None:
    """In a new process: be sent SIGTERM when its parent dies, even by kill -9. Only Linux can."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One line of the Procfile, as a process group of its own."""

    def __init__(self, name: str, command: str, env: Mapping[str, str], say: Callable[[str, str], None]) -> None:
        self.name, self.command, self.env, self.say = name, command, env, say
        self.ends: deque[float] = deque(maxlen=RESTARTS + 1)
        self.start_at: float | None = None
        self.start()

    def start(self) -> None:
        self.start_at = None
        self.process = subprocess.Popen(  # noqa: S602 (the Procfile is ours; the shell puts in $PORT and the like)
            f"exec {self.command}",
            shell=True,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=end_with_the_parent,
            start_new_session=True,  # its own group: Ctrl-C reaches us alone, and we can end it with all its children
        )
        self.relay = threading.Thread(target=self._relay, args=(self.process,), daemon=True)
        self.relay.start()

    def _relay(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.say(self.name, line)

    def ended(self) -> bool:
        """Whether the process has ended and is not yet waiting for its next start."""
        return self.start_at is None and self.process.poll() is not None

    def ends_too_often(self) -> bool:
        """Count this end."""
        moment = time.monotonic()
        self.ends.append(moment)
        return len(self.ends) > RESTARTS and moment - self.ends[0] < RESTART_WINDOW

    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def ask_to_end(self) -> None:
        """SIGTERM to the leader alone: it knows how to end its own children without cutting off their work."""
        if self.process.poll() is None:
            self.process.terminate()

    def kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS says PermissionError for a group of the dead
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.relay.join(2)  # its last lines are the ones that say why


class Supervisor:
    """Runs `commands` (by name) until a signal asks it to stop, or until one of them ends again and again."""

    def __init__(self, commands: Mapping[str, str], env: Mapping[str, str]) -> None:
        self.commands, self.env = commands, env
        self.children: list[Child] = []
        self.signals = 0
        self._printer = Printer(sys.stdout, width=max(map(len, [*commands, "collavo"])))
        colours = get_colours()
        self._colours = {name: next(colours) for name in commands}
        self._printing = threading.Lock()

    def run(self, on_pass: Callable[[], None] = lambda: None) -> int:
        """The exit code: 0 after a signal, 1 after giving up. `on_pass` is called about ten times a second."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            for name, command in self.commands.items():
                self.children.append(Child(name, command, self.env, self.say))
            while not self.signals:
                if not all(map(self._look_after, self.children)):
                    return 1
                on_pass()
                time.sleep(0.1)
            return 0
        finally:
            self._stop()

    def say(self, name: str, line: str) -> None:
        """Print a line; when nobody listens any more (a closed pipe), go on working in silence."""
        message = Message("line", line.rstrip("\n") or " ", datetime.now(), name, self._colours.get(name))  # noqa: DTZ005
        with self._printing, suppress(BrokenPipeError):
            self._printer.write(message)
            sys.stdout.flush()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def _look_after(self, child: Child) -> bool:
        """Start again what has ended. False: it ends too often."""
        if child.start_at is not None and time.monotonic() >= child.start_at:
            child.start()
        if not child.ended():
            return True
        child.kill_group()  # what a killed leader left behind still holds ports and work
        if child.ends_too_often():
            self.say("collavo", f"{child.name} {child.how_it_ended()}, {RESTARTS + 1} times in a minute: stopping.")
            return False
        self.say("collavo", f"{child.name} {child.how_it_ended()}; starting it again.")
        child.start_at = time.monotonic() + RESTART_DELAY
        return True

    def _stop(self) -> None:
        """End all; a second signal ends the patience."""
        deadline, signals = time.monotonic() + GRACE, self.signals
        for child in self.children:
            child.ask_to_end()
        while time.monotonic() < deadline and self.signals == signals:
            if all(child.process.poll() is not None for child in self.children):
                break
            time.sleep(0.05)
        for child in self.children:
            child.kill_group()
