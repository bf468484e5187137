"""Recent reads: given again for a moment, never after this process wrote."""

from __future__ import annotations

from retrieval.profile.reads import RecentReads


def test_an_answer_is_given_again_until_it_is_written() -> None:
    reads: RecentReads[str, bool] = RecentReads(10, 60)
    table = {"ann": False, "ben": False}
    assert not reads.read("ann", lambda: table["ann"])
    assert not reads.read("ben", lambda: table["ben"])
    table |= {"ann": True, "ben": True}  # by another process
    assert not reads.read("ann", lambda: table["ann"])
    reads.forget(["ann"])
    assert reads.read("ann", lambda: table["ann"])
    assert not reads.read("ben", lambda: table["ben"])
    reads.forget()
    assert reads.read("ben", lambda: table["ben"])


def test_another_process_is_heard_when_the_moment_is_over() -> None:
    reads: RecentReads[str, int] = RecentReads(10, 0)
    assert [reads.read("ann", lambda n=n: n) for n in (1, 2)] == [1, 2]  # type: ignore[misc]


def test_what_was_read_while_it_was_written_is_not_kept() -> None:
    reads: RecentReads[str, str] = RecentReads(10, 60)

    def ask() -> str:
        reads.forget(["ann"])  # committed after the read began
        return "old"

    assert reads.read("ann", ask) == "old"
    assert reads.read("ann", lambda: "new") == "new"
