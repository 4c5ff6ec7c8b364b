"""gunicorn's worker with threads, a little more polite than it is by itself."""

import time

from gunicorn.workers.gthread import ThreadWorker

PAUSE = 0.001


class Worker(ThreadWorker):
    """Leaves a new connection to another worker for a moment when it has more of them than threads.

    Of connections that come in a burst, one worker may otherwise take them all, and whoever keeps theirs open stays with it
    while the other cores have nothing to do.
    """

    def accept(self, listener):
        if self.nr_conns >= self.cfg.threads:
            time.sleep(PAUSE)
        super().accept(listener)
