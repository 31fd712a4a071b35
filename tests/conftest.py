"""What every test shares: hypothesis without chance and without a clock, and one thread for torch.

The networks here are small: on a busy machine threads that wait for each other cost minutes.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for this process and for those that it starts

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")
