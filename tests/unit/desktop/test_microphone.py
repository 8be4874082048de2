import pytest

from app.desktop.microphone import Access, by_consent, microphone_access


def test_where_nobody_keeps_a_list_it_is_granted() -> None:
    assert microphone_access("linux") is Access.GRANTED


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_system_that_cannot_be_asked_is_in_nobody_s_way(platform: str) -> None:
    assert microphone_access(platform) is Access.GRANTED


@pytest.mark.parametrize(
    ("values", "access"),
    [
        (["Allow", "Allow"], Access.GRANTED),
        (["Allow", "Deny"], Access.DENIED),
        (["Deny"], Access.DENIED),
        ([], Access.GRANTED),
    ],
)
def test_windows_allows_unless_somebody_said_no(values: list[str], access: Access) -> None:
    assert by_consent(values) is access
