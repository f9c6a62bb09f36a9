"""The day's records on their way, in a thread of their own: nobody at a page waits for them."""

from collections.abc import Callable
from threading import Lock, Thread
from typing import Final

from whistle import language
from whistle.console.delivery import Alarm, Delivery, unsent
from whistle.console.desk import Desk
from whistle.console.pages import here
from whistle.console.posting import Letter, Post, Waiting
from whistle.courier import Courier
from whistle.errors import WhistleError
from whistle.language import _, plural

_MINUTE: Final = 60


class Outgoing:
    """One delivery at a time, within ``minutes``."""

    def __init__(self, desk: Desk, couriers: here.Couriers, minutes: int, alarm: Callable[[], Alarm] = Alarm) -> None:
        self._desk = desk
        self._couriers = couriers
        self._minutes = minutes
        self._alarm = alarm
        self._lock = Lock()
        self._thread: Thread | None = None
        self._delivery: Delivery | None = None
        self._trouble = ""

    @property
    def is_spread(self) -> bool:
        """Whether records leave at moments of their own, and not as soon as they are there."""
        return self._minutes > 0

    def send(self, courier: Courier) -> None:
        """Send what is to be sent today at once, and return when it is sent or cannot be."""
        post = self._desk.post()
        self._run(Delivery(post, lambda letter: self._desk.put(post, letter, courier), 0))

    def start(self) -> None:
        """Begin to send what is to be sent today, unless that goes on already."""
        with self._lock:
            if not self._is_running():
                self._begin(self._desk.post())

    def answer(self, answer: Waiting) -> bool:
        """Let an answer that was kept leave too; tell whether there is a place for it today."""
        with self._lock:
            going = self._delivery if self._is_running() else None
            if going is not None and going.join(answer):
                return True
            post = self._desk.post_of(answer, 0 if going is None else going.left)
            if post is not None and (going is None or not going.add(answer)):
                self._end()
                self._begin(post)
            return post is not None

    def hurry(self) -> None:
        """Send what is left at once, and return when it is sent or cannot be."""
        with self._lock:
            if self._delivery is not None:
                self._delivery.hurry()
            self._end()

    def state(self) -> str:
        """Return a sentence on what is on its way, or why it is not; empty where there is nothing to say."""
        with self._lock:
            if not self._is_running() or self._delivery is None:
                return self._trouble
            left = self._delivery.left
        return plural(
            "{count} record of today is yet to leave, at a random moment of the next {minutes} minutes. You need not "
            "wait for it: it leaves while the console is locked, too, and at the latest when it is closed.",
            "{count} records of today are yet to leave, at random moments of the next {minutes} minutes. You need not "
            "wait for them: they leave while the console is locked, too, and at the latest when it is closed.",
            left,
        ).format(count=left, minutes=self._minutes)

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _begin(self, post: Post) -> None:
        delivery = Delivery(post, lambda letter: self._put(post, letter), self._minutes * _MINUTE, self._alarm())
        self._delivery = delivery
        self._thread = Thread(target=self._run, args=(delivery,), daemon=True)
        self._thread.start()

    def _end(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _run(self, delivery: Delivery) -> None:
        language.use(here.LANGUAGE)
        self._trouble = ""
        try:
            delivery.run()
        except WhistleError as error:
            self._trouble = unsent(error, delivery.left)
        except Exception:
            self._trouble = _("Something went wrong on this machine. What was not sent waits for the next fetch.")
            raise

    def _put(self, post: Post, letter: Letter) -> None:
        # A way of its own for each: they are not to be linked by the connection that they come over.
        with self._couriers() as (_signed, anonymous):
            self._desk.put(post, letter, anonymous)
