"""Python reads this first of all, in every process whose PYTHONPATH names this folder."""

import os

if os.environ.get("COPYDESK_TEST_HOOK") == "1":
    import importlib.util
    import sys
    from pathlib import Path

    _spec = importlib.util.spec_from_file_location(
        "_copydesk_killpoints", Path(__file__).parents[1] / "killpoints.py"
    )
    if _spec is not None and _spec.loader is not None:
        _killpoints = importlib.util.module_from_spec(_spec)
        sys.modules[_spec.name] = _killpoints
        _spec.loader.exec_module(_killpoints)
        _killpoints.install()
