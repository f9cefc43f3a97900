"""A cascade of models: what each stage decided, and whose errors the errors are."""

from __future__ import annotations

from wbcval.measure.results import Measurement
from wbcval.render._basis import DetailSelections
from wbcval.render._figures import Figures
from wbcval.render._numbers import whole
from wbcval.render._section import Section
from wbcval.render._words import listing, plural
from wbcval.stats.functions.cascade import Cascade, StageDecisions


class Stages(DetailSelections[Cascade]):
    """Selections and sentences on the stages; nothing where one model decides."""

    measure = "cascade"

    @property
    def measured(self) -> bool:
        """Whether there are stages at all."""
        return self.basis.get("cascade", "all", "accuracy") is not None

    @property
    def sentence(self) -> str:
        """The main finding: which stage made how many of the errors."""
        if self.found is None:
            found = self.basis.get("cascade", "all", "accuracy")
            why = found.estimate.reason if found else "nothing was measured"
            return f"The stages of the model cannot be told apart: {why}."
        errors, cells = self.found.errors, plural(self.found.n_cells, "cell")
        if not errors:
            return f"No stage made an error in {cells}."
        made = sorted(self.found.stages, key=lambda stage: -stage.errors)
        verb = "was" if made[0].errors == 1 else "were"
        by = [f"{made[0].name}", *(f"{_count(stage)} by {stage.name}" for stage in made[1:])]
        return (
            f"Of {plural(errors, 'error')} in {cells}, {_count(made[0])} {verb} made by "
            f"{listing(by, 12)}."
        )

    @property
    def notes(self) -> list[str]:
        """What a reader of the tables must know of these stages."""
        if self.found is None:
            return []
        return [
            f"{plural(s.unknown, 'cell')} that came to {s.name} "
            f"{'is' if s.unknown == 1 else 'are'} of a class that it lacks: an error of it, "
            "whatever it says."
            for s in self.found.stages
            if s.unknown
        ]

    @property
    def accuracies(self) -> list[tuple[str, Measurement | None, bool]]:
        """Rows of the figure: each stage, and all together."""
        if self.found is None:
            return []
        get = self.basis.get
        rows = [(s.name, get("cascade", "all", f"stage_accuracy:{s.name}"), False)
                for s in self.found.stages]  # fmt: skip
        return [*rows, ("all stages", get("cascade", "all", "accuracy"), False)]


def _count(stage: StageDecisions) -> str:
    return whole(stage.errors) if stage.errors else "none"


SECTION = Section(context={"stages": Stages, "figures": Figures}, measures=("cascade",))
