"""Where each key of a TOML text stands."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from app.servers.broker.config.lines import line_numbers

TEXT = '''# comment
top = 1

[server]
port = 1
hosts = [
  "a",  # [not.a.table]
  "b",
]
text = """
[neither.here]
key = 2
"""
after = true
inline = { x = 1, y = 2 }
dotted.key = 3

[policies."a.b"]
models = []
'''


def test_each_key_has_its_line() -> None:
    lines = line_numbers(TEXT)
    assert lines[("top",)] == 2
    assert lines[("server",)] == 4
    assert lines[("server", "port")] == 5
    assert lines[("server", "hosts")] == 6
    assert lines[("server", "text")] == 10
    assert lines[("server", "after")] == 14
    assert lines[("server", "inline")] == 15
    assert lines[("server", "dotted", "key")] == 16
    assert lines[("policies", "a.b", "models")] == 19
    assert ("neither", "here") not in lines


@given(st.text(alphabet='ab=[]".\n#1 {}', max_size=60))
def test_any_valid_text_is_read(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert all(1 <= line <= text.count("\n") + 1 for line in line_numbers(text).values())
