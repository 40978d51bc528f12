"""A process between us and a child that ends whatever the child has started: ``python -I -S keeper.py CONTROL …``.

It starts the child, and adopts its descendants: a daemon (fork, setsid, fork) leaves the session and the parent it had,
and would live on with process 1 as its parent. Here its parent is the keeper, and as nothing else descends from that,
all that does is the project's. This is why the inspector adopts nobody itself: an editor that it has opened must stay.

Arguments: the descriptors of the control socket, of the child's channel and of its file for stacks; then the child's
command, to which the keeper's number is added. On the control socket it reads the child's environment (four bytes of
length, then ``NAME=value`` with zero bytes between), says ``started PID`` or ``failed ERRNO``, later ``ended CODE``,
and keeps the child's number taken until the socket is closed. Closing it also ends a child that still runs; so it is
when the inspector is killed.

It imports little: every command that loads a project waits for it.
"""

import os
import select
import signal
import sys
import time

#: Seconds that what the child has started has to go once it was killed.
_END_TIME = 2.0


def main() -> int:
    """Keep one child; return the exit code."""
    control, *theirs = (int(text) for text in sys.argv[1:5])
    os.set_inheritable(control, False)
    become_reaper()
    wake, woken = os.pipe()
    for descriptor in (wake, woken):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    child = start(sys.argv[5:], read_environment(control), control)
    if not child:
        return 1
    for descriptor in theirs:
        os.close(descriptor)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):  # the child's output ends with the child
        os.dup2(nowhere, descriptor)
    keep(child, control, wake)
    return 0


def become_reaper() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if sys.platform != "linux":
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    except (ImportError, OSError, AttributeError) as error:  # an interpreter without ctypes
        print(f"inspector: cannot stop daemons of the program: {error}", file=sys.stderr)


def read_environment(control: int) -> dict[bytes, bytes]:
    """Return the environment that the child gets."""
    size = int.from_bytes(_read(control, 4), "big")
    pairs = (pair.partition(b"=") for pair in _read(control, size).split(b"\0") if pair)
    return {name: value for name, _, value in pairs}


def _read(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(descriptor, size - len(data))
        if not part:  # the inspector is gone before it has begun
            sys.exit(1)
        data += part
    return data


def start(command: list[str], environment: dict[bytes, bytes], control: int) -> int:
    """Start the child in a session of its own; return its number, 0 when it cannot be started."""
    command = [*command, str(os.getpid())]
    ours = (signal.SIGPIPE, signal.SIGXFSZ)  # what Python ignores, and other programs do not
    try:
        child = os.posix_spawnp(command[0], command, environment, setsid=True, setsigdef=ours)
    except OSError as error:
        os.write(control, b"failed %d\n" % (error.errno or 0))
        return 0
    os.write(control, b"started %d\n" % child)
    return child


def keep(child: int, control: int, wake: int) -> None:
    """Wait for the end of the child or of the control socket, end everything, and wait for the end of the latter."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake, select.POLLIN)
    connected = True
    while (ended := os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is None:
        reap_orphans(child)
        ready = [descriptor for descriptor, _ in poll.poll()]
        if wake in ready:
            os.read(wake, 4096)
        if control in ready and not heard(control):
            connected = False
            kill(child, group=True)
            ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
            break
    kill(child, group=True)
    if connected and ended is not None:
        code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        tell(control, b"ended %d\n" % code)
    end_family(child)
    while connected:
        connected = heard(control)
    os.waitpid(child, 0)


def heard(control: int) -> bool:
    """Wait for something on the control socket; return whether it was not its end."""
    try:
        return bool(os.read(control, 4096))
    except OSError:  # reset: the same as its end
        return False


def tell(control: int, line: bytes) -> None:
    """Report to the inspector, if it is still there."""
    try:
        os.write(control, line)
    except OSError:
        return  # its end is noticed by reading


def reap_orphans(child: int) -> None:
    """Take the exit codes of those who have become our children, as process 1 would; the child's own stays."""
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        if ended.si_pid == child:
            return
        os.waitpid(ended.si_pid, 0)


def end_family(child: int) -> None:
    """Kill all that descends from us, the child has ended, and wait until it is gone."""
    end = time.monotonic() + _END_TIME
    while (left := descendants(os.getpid(), child)) and time.monotonic() < end:
        for process in left:  # again and again: one may have forked since we have looked
            kill(process)
            try:
                os.waitpid(process, os.WNOHANG)
            except ChildProcessError:
                continue  # its parent has yet to end, then it is ours
        time.sleep(0.005)


def descendants(ancestor: int, child: int) -> list[int]:
    """Return the numbers of the processes that descend from one, zombies too, but for the child."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208 - light imports
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                stat = file.read()
        except OSError:  # it has just gone
            continue
        parent = int(stat[stat.rindex(b")") + 2 :].split()[1])  # a name may have spaces and brackets in it
        children.setdefault(parent, []).append(int(name))
    family = children.get(ancestor, [])[:]
    for process in family:  # it grows
        family += children.get(process, [])
    return [process for process in family if process != child]


def kill(process: int, *, group: bool = False) -> None:
    """End a process, or all of its group, if it is there and ours."""
    try:
        (os.killpg if group else os.kill)(process, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it has ended; or it is a program that runs as somebody else


if __name__ == "__main__":
    sys.exit(main())
