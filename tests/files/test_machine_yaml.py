"""What the machine writes is read as the same values, by readers of YAML 1.1 and of 1.2."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.files.machine_yaml import dump_yaml
from publisher.files.yaml_text import load

NUMBERS = st.text(st.sampled_from("0123456789eE+-._x:"), min_size=1, max_size=12)


@pytest.mark.parametrize("text", ["0E0", "12e34", ".5e1", "0o7", "1_000", "12:30", "no", "", "~"])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    written = dump_yaml({"it": text})

    assert load(written) == yaml.safe_load(written) == {"it": text}


@given(NUMBERS)
def test_whatever_looks_like_a_number_stays_text(text: str) -> None:
    written = dump_yaml({"it": text})

    assert load(written) == yaml.safe_load(written) == {"it": text}
