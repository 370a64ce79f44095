"""Run what depends on each other, at once where it does not.

Owns the order.  Must never know what a task does.
"""

import collections.abc
import concurrent.futures
import dataclasses
import threading

from tests.devcloud import errors


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """Something to do.

    :param name: unique among the tasks that run together.
    :param run: does it; raises when it cannot.
    :param needs: names of the tasks that must be done before; names that
        are not among the tasks count as done.
    """

    name: str
    run: collections.abc.Callable[[], None]
    needs: tuple[str, ...] = ()


def ready(
    tasks: collections.abc.Iterable[Task],
    begun: collections.abc.Set[str],
    done: collections.abc.Set[str],
) -> list[Task]:
    """Return the tasks that may begin now, in the order given."""
    tasks = list(tasks)
    known = {task.name for task in tasks}
    return [
        task
        for task in tasks
        if task.name not in begun and known.intersection(task.needs) <= done
    ]


def run_all(
    tasks: collections.abc.Sequence[Task], cancel: threading.Event
) -> None:
    """Run all tasks, each in a thread as soon as what it needs is done.

    When one fails, or the main thread is interrupted, ``cancel`` is set and
    the running ones are waited for; they are expected to look at it.

    :raises Exception: the first failure.
    :raises ValueError: the tasks wait for each other.
    """
    if not tasks:
        return
    begun: set[str] = set()
    done: set[str] = set()
    running: dict[concurrent.futures.Future[None], str] = {}
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        try:
            while len(done) < len(tasks):
                for task in ready(tasks, begun, done):
                    begun.add(task.name)
                    running[pool.submit(task.run)] = task.name
                if not running:
                    raise ValueError('tasks wait for each other')
                ended, _ = concurrent.futures.wait(
                    running,
                    return_when=concurrent.futures.FIRST_COMPLETED,
                )
                for future in ended:
                    done.add(running.pop(future))
                    future.result()
        except BaseException:
            cancel.set()
            raise


def check(cancel: threading.Event) -> None:
    """Raise Cancelled if the work was cancelled."""
    if cancel.is_set():
        raise errors.Cancelled('stopped')
