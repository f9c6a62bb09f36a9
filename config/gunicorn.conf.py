"""How gunicorn serves the intake.

What an operator sets is in whistle.toml, beside this file or where the environment's WHISTLE_SETTINGS says. What is
here holds for every site: the worker refuses to start when one of the settings that its promises rest on is changed.
"""

import os
from pathlib import Path

from whistle.intake.settings import load

_SETTINGS_FILE = os.environ.get("WHISTLE_SETTINGS") or str(Path(__file__).with_name("whistle.toml"))
_SETTINGS = load(Path(_SETTINGS_FILE))

bind = f"{_SETTINGS.host}:{_SETTINGS.port}"
wsgi_app = f"whistle.intake.application:site({_SETTINGS_FILE!r})"
worker_class = "whistle.intake.worker.IntakeWorker"
logger_class = "whistle.intake.log.QuietLogger"

# One process knows which form tickets were spent and has the shelf open; it forks a child for every form.
workers = 1
threads = 1
# Children start with everything imported, and share that memory.
preload_app = True

# The log has starts, stops and counts of our own faults. Nothing of a request is ever in it.
errorlog = "-"
accesslog = None
capture_output = False

# No file that others on the machine can see, and no second door.
control_socket_disable = True
_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn removes the name of its empty heartbeat file at once
worker_tmp_dir = str(_MEMORY) if _MEMORY.is_dir() else None
umask = 0o077

# A worker that does not turn its loop for so long is replaced; a stop waits for children (at most 20 seconds).
timeout = 120
graceful_timeout = 30
backlog = 512

# Forwarding headers are nobody's business here: no visitor's address is ever looked at.
forwarded_allow_ips = ""
