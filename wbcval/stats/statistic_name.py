"""A statistic's name as a value: ``share_within:10:or_within=0.1``, read in this one place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

SHARE_WITHIN, N_OUTSIDE, COVERING_ERROR = "share_within", "n_outside", "covering_error"
BIAS_AT = "bias_at"
OR_NOISE = "or_noise"  # option: no further off than counting explains will do
OR_WITHIN, LIMIT_OF_FLOOR = "or_within", "limit"  # options with a number
ALLOWABLE = "allowable"  # likewise: of sigma, the total error that may be


class StatisticName(str):
    """A statistic and what it is asked with: its base, a parameter, options.

    It is its own text, so that it stands in JSON, in frames and as a key as that text does; what
    it says is asked of it, never of the text.

    >>> name = StatisticName("share_within:10:or_within=0.1")
    >>> name.base, name.parameter, name.limit, name.floor, name.or_noise
    ('share_within', '10', 10.0, 0.1, False)
    >>> StatisticName("bias").number is None, StatisticName("lower:exact").parameter
    (True, 'exact')
    """

    def __new__(cls, text: str) -> StatisticName:
        """Of any text: what it is not asked with is absent."""
        return text if type(text) is cls else super().__new__(cls, text)

    @classmethod
    def of(cls, base: str, *parts: float | str, **options: float) -> StatisticName:
        """A name from its parts; numbers are written as people write them.

        >>> StatisticName.of("covering_error", 0.95, or_within=0.1, limit=10)
        'covering_error:0.95:or_within=0.1:limit=10'
        >>> StatisticName.of("bias", 10, OR_NOISE)
        'bias:10:or_noise'
        """
        plain = (part if isinstance(part, str) else f"{part:.15g}" for part in parts)
        named = (f"{key}={value:.15g}" for key, value in options.items())
        return cls(":".join((base, *plain, *named)))

    @cached_property
    def _halves(self) -> tuple[str, str]:
        base, _, rest = self.partition(":")
        return base, rest

    @cached_property
    def _options(self) -> Mapping[str, str]:
        return dict(part.split("=", 1) for part in self.rest.split(":") if "=" in part)

    @property
    def base(self) -> str:
        """Which statistic: what a metric says of it stands under this."""
        return self._halves[0]

    @property
    def rest(self) -> str:
        """What it is asked with, as written: ``10:or_within=0.1``; "" for nothing."""
        return self._halves[1]

    @property
    def parameter(self) -> str:
        """The limit, level, method or stage it is asked for; "" where it is asked for none."""
        first = self.rest.split(":", 1)[0]
        return "" if "=" in first else first

    @property
    def number(self) -> float | None:
        """The parameter, where it is a number; ``None`` without one.

        Raises:
            ValueError: where it is a word.
        """
        return float(self.parameter) if self.parameter else None

    @property
    def limit(self) -> float | None:
        """L in percent: its parameter, or of a covering error the limit that its floor is of."""
        stated = self._options.get(LIMIT_OF_FLOOR)
        if self.base == COVERING_ERROR:
            return None if stated is None else float(stated)
        return self.number

    @property
    def floor(self) -> float:
        """A (``or_within``) in the measurand's unit; 0 for none."""
        return float(self._options.get(OR_WITHIN, 0.0))

    @property
    def or_noise(self) -> bool:
        """Whether being no further off than counting explains will do."""
        return OR_NOISE in self.rest.split(":")

    @property
    def allowable(self) -> float | None:
        """The total error that may be, percent; ``None`` where it is not said, or is no number.

        >>> StatisticName("sigma:4:allowable=15").allowable
        15.0
        """
        try:
            return float(self._options[ALLOWABLE])
        except (KeyError, ValueError):
            return None

    def as_base(self, base: str) -> StatisticName:
        """Another statistic, asked with the same.

        >>> StatisticName("n_outside:10:or_within=0.1").as_base("share_within")
        'share_within:10:or_within=0.1'
        """
        return type(self)(f"{base}:{self.rest}" if self.rest else base)

    def with_option(self, option: str) -> StatisticName:
        """The same, asked with one option more."""
        return type(self)(f"{self}:{option}")
