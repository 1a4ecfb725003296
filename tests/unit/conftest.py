"""One Hypothesis profile: the same examples on every run, no time limits on a shared machine.

Nothing is shrunk: the examples are small, and shrinking a history takes minutes.
"""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "unit",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
