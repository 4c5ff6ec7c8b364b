"""Entry for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ipdash.settings")
application = get_wsgi_application()
# What is loaded by now stays for as long as the process: looking through it for garbage again and again is time taken from
# pages, each of which makes and drops some ten thousand objects.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 20)
