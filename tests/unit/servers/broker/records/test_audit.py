"""The audit trail on disk."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.servers.broker.records.audit import AuditGone, AuditTrail, Record


class Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_each_line_vouches_for_the_one_before(tmp_path: Path) -> None:
    trail = AuditTrail(tmp_path / "audit", 10, Calendar())
    for number in range(3):
        trail.write(Record("mint", "ok", f"r{number}", user="token:anna", expires_at=number))
    trail.close()
    lines = (tmp_path / "audit" / "audit-2026-11-20.jsonl").read_text().splitlines(keepends=True)
    told = [json.loads(line) for line in lines]
    assert [each["request_id"] for each in told] == ["r0", "r1", "r2"]
    assert "call_id" not in told[0]
    for before, after in zip(lines, told[1:], strict=False):
        assert after["after"] == hashlib.sha256(before.encode()).hexdigest()[:32]


def test_a_new_day_has_a_new_file_and_old_ones_go(tmp_path: Path) -> None:
    calendar = Calendar()
    (tmp_path / "audit-2026-11-01.jsonl").write_text("old")
    (tmp_path / "audit-2026-11-18.jsonl").write_text("young")
    (tmp_path / "notes.txt").write_text("not ours")
    trail = AuditTrail(tmp_path, 3, calendar)
    trail.write(Record("mint", "ok"))
    calendar.now += timedelta(hours=2)
    trail.write(Record("mint", "ok"))
    trail.close()
    names = sorted(each.name for each in tmp_path.iterdir())
    assert names == ["audit-2026-11-18.jsonl", "audit-2026-11-20.jsonl", "audit-2026-11-21.jsonl", "notes.txt"]


def test_it_only_appends(tmp_path: Path) -> None:
    for _ in range(2):
        trail = AuditTrail(tmp_path, 3, Calendar())
        trail.write(Record("mint", "ok"))
        trail.close()
    assert (tmp_path / "audit-2026-11-20.jsonl").read_text().count("\n") == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / "audit-2026-11-20.jsonl").symlink_to("/dev/full")
    trail = AuditTrail(tmp_path, 3, Calendar())
    with pytest.raises(AuditGone):
        trail.write(Record("mint", "ok"))
    trail.close()
