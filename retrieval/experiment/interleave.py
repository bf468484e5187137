"""Team-draft interleaving (Radlinski, Kurup and Joachims, CIKM 2008)."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.experiment.assign import hash_point


def draft_teams(
    first: Sequence[str], second: Sequence[str], limit: int, *seed: str
) -> tuple[list[str], list[int]]:
    """Two rankings drafted into one of at most `limit` ids, and the team (0, 1) of each place.

    In every round a coin says which team picks first; each picks its best id that is not taken
    yet. The coins come from `seed`, so that the pages of one search fit together.
    """
    rankings, nexts = (first, second), [0, 0]
    taken: set[str] = set()
    order: list[str] = []
    teams: list[int] = []

    def pick(team: int) -> bool:
        ranking = rankings[team]
        while nexts[team] < len(ranking) and ranking[nexts[team]] in taken:
            nexts[team] += 1
        if nexts[team] == len(ranking) or len(order) == limit:
            return False
        taken.add(ranking[nexts[team]])
        order.append(ranking[nexts[team]])
        teams.append(team)
        return True

    turn = 0
    while len(order) < limit:
        begins = int(hash_point(*seed, str(turn)) < 0.5)
        if not pick(begins) | pick(1 - begins):
            break
        turn += 1
    return order, teams
