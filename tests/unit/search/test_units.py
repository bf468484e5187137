"""Units: spelled in many ways, converted within their dimension and never across."""

from __future__ import annotations

from decimal import Decimal

import pytest

from retrieval.units import convert, find_unit, to_base


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("27", "inch", "cm", "68.58"),
        ("1", "kg", "g", "1000"),
        ("2", "TB", "GB", "2000"),
        ("1.5", "h", "min", "90"),
        ("0.5", "升", "ml", "500"),
        ("2", "斤", "kg", "1"),
        ("3", '"', "英寸", "3"),
        ("5", None, None, "5"),
    ],
)
def test_converts_within_a_dimension(
    value: str, source: str | None, target: str | None, expected: str
) -> None:
    assert convert(Decimal(value), source, target) == Decimal(expected)


@pytest.mark.parametrize(("source", "target"), [("kg", "cm"), ("foo", "cm"), ("cm", None)])
def test_refuses_other_dimensions(source: str, target: str | None) -> None:
    assert convert(Decimal(1), source, target) is None


@pytest.mark.parametrize("spelling", ["Inches", " INCH ", "寸", "″", "in"])
def test_spellings_name_one_unit(spelling: str) -> None:
    unit = find_unit(spelling)
    assert unit is not None
    assert unit.symbol == "inch"


def test_unknown_units_leave_the_number_alone() -> None:
    assert to_base(Decimal(7), "furlong") == 7
    assert to_base(Decimal(7), None) == 7
    assert find_unit("") is None
