"""How and when the firm's data moves: the engine, the catalog and the command.

What the data is lives in `assets`, where it connects lives in `resources`.
"""

import atexit
import gc
import os

# Arrow's allocator asks for huge pages, and the kernel then clears two megabytes
# where a few kilobytes are used: a tenth of a load's time. It reads this when
# pyarrow is imported, so it must be said before.
os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")

# NumPy's linear algebra starts a thread for every core, which spin while they have
# nothing to do, and nothing here asks it for anything.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Python looks for cycles of objects whenever 700 were made, and through all of them at
# the end, when everything goes anyway: a fifth of what starting and ending takes.
gc.set_threshold(10_000, *gc.get_threshold()[1:])
atexit.register(gc.freeze)
