"""Every mark a number may carry, and what it means to the judge: one table (STATISTICS.md §15).

What is computed beside a number and not read by the judge protects nobody. An estimate refuses a
flag that has no row here, so that none can be raised and read by no one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Consequence(StrEnum):
    """What a flag does to a criterion on the number that carries it."""

    INFORMATIVE = "informative"  # printed
    TAKES_AWAY = "takes away"  # the number decides nothing
    UNLESS_DECLARED = "unless declared"  # likewise, until the protocol accepts it by name


@dataclass(frozen=True, slots=True)
class Flag:
    """One row of the table.

    Attributes:
        name: as it stands in ``results.json``.
        consequence: of a criterion on the number.
        words: why the number decides nothing, or what is assumed, to follow "but".
        passes, fails: which outcomes it takes away. A failure stands where what raised the flag
            cannot have made the number worse.
        instead: what to state or to ask for, in words; "" where nothing helps.
        rule: the one rule under which it matters (``demonstrated``: the interval alone is
            doubtful, the value stands); "": whichever decides.
        evidence: whether it doubts that the two sides tell of a model at all: that they are two,
            that the samples are so many, that all of them were judged. Such a doubt of a
            candidate's number is one of its change against another model too.
    """

    name: str
    consequence: Consequence
    words: str
    passes: bool = True
    fails: bool = True
    instead: str = ""
    rule: str = ""
    evidence: bool = False

    def __post_init__(self) -> None:
        if self.consequence is Consequence.INFORMATIVE:
            object.__setattr__(self, "passes", False)
            object.__setattr__(self, "fails", False)

    def under(self, rule: str) -> bool:
        """Whether it matters where that rule decides."""
        return self.rule in ("", rule)

    @property
    def acceptable(self) -> bool:
        """Whether a protocol may accept it by name (``[[accept]]``)."""
        return self.consequence is Consequence.UNLESS_DECLARED


_I, _T, _U = Consequence.INFORMATIVE, Consequence.TAKES_AWAY, Consequence.UNLESS_DECLARED

_ANOTHER = "compare with what another method measured"

_TABLE = (
    # of the comparison
    Flag("identical", _U, "both sides are equal in every sample or cell, which proves nothing",
         fails=False, instead=_ANOTHER, evidence=True),
    Flag("equal_but_for_rounding", _U, "both sides are equal but for rounding in more samples than "
         "two measurements ever are", fails=False, instead=_ANOTHER, evidence=True),
    Flag("nearer_than_counting", _U, "both sides are nearer to each other than counting so many "
         "cells allows (chance below 1e-6), so that they are not two counts", fails=False,
         instead=_ANOTHER + ", or state n_cells as it was", evidence=True),
    Flag("equal_but_for_a_line", _U, "the model's values are the reference's but for a factor or a "
         "constant, to the last digit in more samples than two measurements ever are",
         fails=False, instead=_ANOTHER, evidence=True),
    Flag("equal_rows", _U, "samples are equal on both sides in all classes, more of them than two "
         "draws of the blood ever are (chance below 1e-6)", fails=False,
         instead=_ANOTHER + " in every sample", evidence=True),
    Flag("shared_total", _T, "the model's count is its share × the reference's own total: "
         "no count of the model was measured", instead="judge the percentage", evidence=True),
    Flag("label_depths", _U, "the two sides name a class at different depth, and were compared "
         "at the coarser one", instead="state rollup"),
    Flag("classes_merged", _U, "[class_map] counts another class of ours in it, so that no cell "
         "of the one is an error for the other", fails=False, instead="delete that line of "
         "[class_map]"),
    Flag("patients_unknown", _U, "patients repeat, and some samples have no patient id",
         instead="give every sample its patient_id", evidence=True),
    Flag("errors_repeated", _U, "in a set of one mix more than 5 % of the samples have the very "
         "mistakes of another one, as copies have, and each was counted", fails=False,
         instead="list each sample once", evidence=True),
    Flag("more_than_all", _U, "the model's five percentages add up to more than 100, or "
         "its five counts to more than its WBC, beyond rounding, in more than 5 % of the samples",
         fails=False, instead="give percentages of all leukocytes, or counts of the WBC"),
    Flag("labels_unexplained", _U, "more than 5 % of the labels are not the most probable class, "
         "and the stage beside them does not explain it", fails=False, instead="predict with a "
         "record, or call the stages identification and differentiation", evidence=True),
    Flag("labels_of_model", _U, "a column says of more than 5 % of the labels, or of the "
         "reference, that a model or a program gave them", fails=False,
         instead="judge those that people gave", evidence=True),
    Flag("labels_of_samples", _U, "in most samples all cells have one true class, as where "
         "patients were labelled and not cells", fails=False, instead="label each cell by itself",
         evidence=True),
    Flag("results_edited", _U, "a column says of more than 5 % of the model's results that a "
         "person changed or gave them, or that they are not the model's", fails=False,
         instead="judge what the model gave", evidence=True),
    Flag("results_of_analyzer", _U, "a column says of more than 5 % of the model's results that "
         "an analyzer, or what measured the reference, gave them", fails=False,
         instead="judge what the model gave", evidence=True),
    Flag("not_of_patients", _U, "a column calls more than half of the samples or cells controls, "
         "synthetic, or other than human blood", fails=False,
         instead="judge samples of patients", evidence=True),
    Flag("images_repeated", _U, "more than 5 % of the images are copies of others, and each was "
         "counted", fails=False, instead="list each image once", evidence=True),
    Flag("cells_repeated", _U, "more than 5 % of the cells have every probability of another cell "
         "of their sample, as copies have, and each was counted", fails=False,
         instead="list each cell once", evidence=True),
    Flag("ties_by_truth", _U, "cells whose probabilities are tied are labelled as the true class "
         "alone tells (chance below 1e-6)", fails=False,
         instead="take the first of tied classes, or give more digits", evidence=True),
    Flag("training_data", _U, "a table calls judged samples or cells training data, "
         "which a model knows by heart", fails=False,
         instead="judge the test data alone", evidence=True),
    Flag("card_unchecked", _T, "the protocol asks for a model card that was checked, and by no "
         "record of these predictions it was", instead="predict with --check", evidence=True),
    Flag("sorted_rows", _U, "the ids are row numbers and both sides are sorted by value, so that "
         "samples may be paired by rank", fails=False, instead="give each sample its own id",
         evidence=True),
    Flag("sorted_cells", _U, "true and called classes both run in order within the samples, so "
         "that cells may be paired by rank", fails=False,
         instead="give the rows as they were labelled", evidence=True),
    # of what was judged at all (wbcval.study.ledger)
    Flag("lost", _U, "more than 5 % of the samples, images or fields have no model result, and "
         "this number is of the others", fails=False,
         instead="give them, or ask for a share of samples: there a lost sample counts",
         evidence=True),
    Flag("excluded", _U, "the protocol leaves out more than 5 %", fails=False,
         instead="judge all of them", evidence=True),
    Flag("unreferenced", _U, "more than 5 % of the samples have nothing to be compared with",
         fails=False, instead="complete the reference, or list and predict its samples alone",
         evidence=True),
    Flag("unlisted", _U, "more than 5 % of the samples stand in the reference alone, not in the "
         "samples table, and a model that failed on them would look the same", fails=False,
         instead="cut the reference to the study", evidence=True),
    Flag("copied", _U, "more than 5 % of the samples have every value of another one and count "
         "once", instead="list each sample once, or correct those that are others",
         evidence=True),
    Flag("invalid", _U, "the table of samples calls more than 5 % of them no valid ones, and those "
         "that were taken out may be the difficult ones", fails=False,
         instead="judge all of them", evidence=True),
    Flag("no_sample", _U, "more than 5 % of the samples are named like controls or summaries, and "
         "the model answered them as it did the others", fails=False,
         instead="name them as samples, or leave them out of the predictions", evidence=True),
    Flag("unread", _U, "more than 5 % of the samples have a result without an id or above the "
         "column names, which is compared with nothing", fails=False,
         instead="give each its id, and the column names the first row", evidence=True),
    Flag("unlabelled", _U, "more than 5 % of the cells, or of those called one class, have no true "
         "class, and those in dispute are the difficult ones", fails=False,
         instead="label every cell", evidence=True),
    Flag("disputed", _U, "the cells without a true class are called otherwise than the rest, and "
         "were they misses it would not pass", fails=False, instead="label every cell",
         evidence=True),
    Flag("superseded", _U, "of more than 5 % of the samples one of several results was chosen",
         fails=False, instead="give one result of each sample", evidence=True),
    Flag("left_out_together", _U, "more than 12 % of the samples or cells are left out, or have "
         "one of several results, for reasons of which each is below 5 %", fails=False,
         instead="judge all of them", evidence=True),
    Flag("abstained", _U, "the model left open, or called no leukocyte, more than 5 % of the "
         "leukocytes, which stand in no percentage", fails=False,
         instead="ask for sensitivities: there they count", evidence=True),
    Flag("uncompared", _U, "of a class that nothing is compared with, one side counts what the "
         "other does not, in more than 5 % of the leukocytes or of the samples (of blasts and "
         "plasma cells 1 % or more)", fails=False,
         instead="compare with what counts that class too, or state rollup or [class_map]",
         evidence=True),
    Flag("false_findings", _U, "1 % or more blasts or plasma cells are called in more than 5 % of "
         "the samples that have none", fails=False,
         instead="mend what calls them so, or look whether these samples have them", evidence=True),
    Flag("missed_findings", _U, "blasts or plasma cells are missed in more than 5 % of the samples "
         "that have 1 % or more, and in more than a model that finds 80 % of the cells would miss",
         fails=False, instead="mend what misses them, or look whether these samples have them",
         evidence=True),
    # of limits, means and spreads
    Flag("not_normal", _T, "these limits presume normal differences, and the data deny it",
         instead="ask for a share of samples within a limit"),
    Flag("degenerate", _T, "all values are equal, so that no spread was seen and the interval has "
         "no width"),
    Flag("spread_grows", _T, "these limits presume one spread at every level, and the data deny it",
         instead="ask for a share of samples within a limit"),
    Flag("other_limits", _T, "limits named by a method decide nothing",
         instead='write "lower" and "upper" without one'),
    Flag("normal_declared", _I, "the protocol declares normal differences"),
    Flag("normal_assumed", _U, "no interval of an SD sees a tail of which nothing was drawn, "
         "unless values are normal", fails=False, rule="demonstrated",
         instead="ask for limits of agreement or the covering error"),
    Flag("infinite_errors", _T, "errors are infinite", instead="ask for the median or the covering "
         "error"),
    Flag("zeros_in_percent", _T, "a value is 0 on one side or both, and percent differences of "
         "such say nothing", instead="ask for differences in the unit"),
    Flag("noise_bias", _T, "counting noise alone biases these percent differences by more than a "
         "tenth of the limit", instead="ask for differences in the unit"),
    # of regression
    Flag("noise_in_slope", _U, "unequal noise of the two sides tilts this slope by itself, or "
         "hides one", instead="ask for Deming's slope"),
    Flag("assumed_error_ratio", _U, "the ratio of the errors of both sides is assumed, not known",
         instead="state error_ratio, or the n_cells that the values were counted from"),
    Flag("unlike_errors", _T, "the errors of the two sides are too unlike for this line (λ·b² "
         "lies outside 0.5 to 2)", instead="ask for Deming regression or the bias"),
    Flag("reference_imprecision_unknown", _U, "the imprecision of the analyzer is not stated, so "
         "that the ratio of the errors is a guess", instead="state [reference_cv]"),
    Flag("reference_cv_high", _U, "the stated imprecision of the reference is more than an "
         "analyzer has (3.5 %, and the counting of 1 000 cells), and hides a slope below 1",
         instead="state [reference_cv] as measured in repeats of one sample"),
    Flag("extrapolated", _U, "the level lies outside the values that were measured"),
    # of samples
    Flag("few_patients", _T, "the samples are of fewer than 20 patients, or weigh like fewer than "
         "10, and so many are needed", rule="observed",
         instead="collect samples from 20 patients or more", evidence=True),
    Flag("few_samples", _U, "too few independent samples for its interval", fails=False,
         instead="collect samples from 20 patients or more"),
    Flag("few_cells", _T, "with fewer than 20 samples, 4 000 cells in all, or 100 cells in each of "
         "95 % of the samples even a bad model lies inside the noise"),
    Flag("class_rare", _T, "fewer than 20 samples have the class in the reference, and 0 on both "
         "sides is no agreement", fails=False, instead="collect samples with more of it"),
    Flag("assumed_deff", _I, "the design effect could not be seen and is assumed"),
    Flag("high_correlation", _U, "cells of one sample are alike beyond what its interval was shown "
         "for", fails=False, instead="collect more samples"),
    Flag("clamped", _I, "the bootstrap interval ends at its last resample"),
    Flag("overlap_unknown", _U, "how many cells both sides counted in common is not known, so that "
         "the limits of counting noise are too wide", fails=False),
    # of a comparison of two models
    Flag("lost_alone", _U, "the candidate lacks a sample that the other side has, or more than 5 % "
         "of its results, and they may be those it would have missed", fails=False,
         instead="judge the candidate on all samples"),
    Flag("truth_differs", _U, "samples that both sides hold have another truth on each, and "
         "compared unpaired the cells that one lacks may be those it would have missed",
         fails=False, instead="judge both on the same truth"),
    Flag("unpaired", _I, "the two models were compared unpaired, which is weaker"),
    Flag("same_predictions", _I, "both models said the same of every cell"),
    Flag("same_values", _I, "both models said the same of the measurand in every sample"),
    Flag("not_after_holm", _T, "among so many comparisons one such loss is expected by chance "
         "(Holm)", passes=False),
)  # fmt: skip

FLAGS: Mapping[str, Flag] = {flag.name: flag for flag in _TABLE}


def check(names: Iterable[str]) -> None:
    """Refuse a flag without a row: nobody would read it.

    Raises:
        ValueError: naming it.
    """
    for name in names:
        if name not in FLAGS:
            raise ValueError(
                f"flag {name!r} has no row in wbcval.values.flags, so no judge reads it"
            )
