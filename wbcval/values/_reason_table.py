"""The words of every reason: one row a code (:mod:`wbcval.values.reasons`)."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        code: short and stable.
        sentence: its words, with a place for each value.
        help: what it means, and what to do.
    """

    code: str
    sentence: str
    help: str

    @property
    def fields(self) -> set[str]:
        """Names of its values."""
        return {name for _, name, _, _ in Formatter().parse(self.sentence) if name}


_MORE = "Measure more of them."
_OTHER_SIDE = "The number stands on one side alone; see that side's own report."

_PERFECT = (
    "a perfect classifier would pass in {passes} of such studies (median {cells:.0f} cells per "
    "sample)"
)
_INSTEAD = "Ask instead for: "
_ASKS = (
    "the larger of {limit:g} % and an absolute floor (or_within), the bias with its interval, "
    "clinical concordance"
)
_REFUTED = (
    "cannot be said: {seen} of {n} samples are within, and counts of n_cells cells (median "
    "{cells:.0f} per sample) would come so near in less than 0.1 % of such studies even if no "
    "cell were mistaken. "
)

TABLE = (
    # nothing to measure
    Row("told", "{text}", "A sentence without a code: of a report that an earlier version made, "
        "or of a statistic from a plug-in."),
    Row("infinite", "infinite", "The value is infinite: a reference of 0, and a model above it."),
    Row("no_pair", "no pair", "No sample has a value on both sides. See which samples were left "
        "out, and why, in `exclusions.csv`."),
    Row("no_sample", "no sample with both values", "As `no_pair`."),
    Row("no_samples", "needs samples, got none", "No sample is on both sides of the comparison."),
    Row("no_trial", "needs at least 1 trial, got 0", "A share of nothing."),
    Row("no_cell", "no cell to compare", "No cell is on both sides of the comparison."),
    Row("none_holds_a_cell", "none of the {units} holds a cell to compare", "No sample or patient "
        "has a cell that both sides could have judged."),
    Row("no_true_class", "no cell with a true class", "No cell has a label that can be counted; "
        "see the findings on the column `true_class`."),
    Row("no_denominator", "no cell to count: the denominator is 0", "A share of no cells."),
    Row("nothing_shared", "no sample in which both sides count a cell", "Both sides must count "
        "cells in one sample."),
    Row("all_zero", "0 on both sides in every sample: nothing was compared", "Where neither side "
        "ever saw one, agreement shows nothing. Measure samples that have some."),
    Row("undefined", "undefined on these data: a denominator is zero", "For instance F1 of a "
        "class that neither side names."),
    Row("nothing_to_compare", "nothing to compare", "Neither side tells it."),
    Row("no_stratum", "no sample in stratum {stratum}; there are {strata}", "A value of the "
        "column that no sample has: a spelling, or samples that were left out."),
    Row("share_untold", "the reference gives no share of this class", "There is no share to "
        "which errors could be attributed."),
    Row("no_subject", "no {subject}", "The measurand or class is not among those compared."),
    Row("no_subject_here", "no {subject} on this side", "As `no_subject`, of one of two models."),
    Row("side_untold", "a side does not tell it", _OTHER_SIDE),
    Row("side_without_trial", "the {side} has no trial of it", _OTHER_SIDE),
    Row("side_missing", "{side}: {why}", _OTHER_SIDE),
    Row("in_pairs_alone", "compared in pairs alone", "The change needs both models on the same "
        "samples; give tables instead of samples that differ."),
    # classes and stages
    Row("no_true_of", "no true {label} cell", "The test set has no cell of the class. Add some."),
    Row("all_true_of", "every cell is a true {label}", "No other class is there to tell from it."),
    Row("none_called", "no cell was called {label}", "The model never names the class, so that its "
        "calls cannot be right or wrong."),
    Row("all_called", "every cell was called {label}", "The model names nothing else."),
    Row("none_of_called_counted", "no true {label} cell was called a leukocyte", "All of them were "
        "called something that is not counted."),
    Row("no_countable", "no true cell of any countable class", "As `no_true_class`."),
    Row("one_label", "truth or prediction knows one label alone", "A correlation of what does not "
        "vary. Add cells of other classes."),
    Row("one_label_on_both", "truth and prediction know one and the same label alone", "Agreement "
        "beyond chance cannot be told. Add cells of other classes."),
    Row("mix_lacks", "no true cell of {names}, which the clinical mix holds", "The rates of a "
        "class at a clinical mix need true cells of all its classes."),
    Row("mix_calls_none", "no cell of the clinical mix is called so", "The model never names it."),
    Row("one_kind", "no stage tells leukocytes from other cells", "The cascade sorts leukocytes "
        "alone; identification is not its task."),
    Row("no_true_leukocyte", "no true leukocyte", "As `no_true_of`, of all leukocytes."),
    Row("no_other_cell", "no true cell that is no leukocyte", "As `no_true_of`, of all other "
        "cells."),
    Row("no_known_leukocyte", "no leukocyte was known for one", "The first stage let none "
        "through."),
    Row("none_came_to", "no cell came rightly to {stage}", "Stages above sent none there."),
    Row("none_of_came", "no cell of {label} came rightly", "As `none_came_to`, of one branch."),
    Row("rolled_across", "the roll-up puts classes of several stages into {label}",
        "State a `rollup` that keeps the classes of the cascade apart."),
    Row("class_is_abstention", "a stage has a class {label}, as an abstention is called",
        "Rename the class in the model card."),
    Row("called_of_no_stage", "cells are called {label}, which no stage ends in",
        "Predictions and card are not of one model."),
    Row("stage_unknown", "of {cells} cells left {label} no stage is known that left them so",
        "Write the column `stage` with the predictions."),
    # intervals
    Row("too_few", "needs {needed} {units}, got {got}", _MORE),
    Row("interval_too_few", "interval needs {needed} {units}, got {got}", _MORE + " The value "
        "stands; how far it may be off is not known."),
    Row("interval_needs", "interval needs n ≥ {needed}", _MORE),
    Row("ranks_too_few", "{level:g} % order-statistic interval needs n ≥ {needed}, got {got}",
        _MORE),
    Row("ranks_too_few_effective", "{level:g} % order-statistic interval needs n ≥ {needed} "
        "independent pairs (n/deff = {effective:.0f}), got {got}", "Pairs of one patient are "
        "worth less than as many patients. Measure more patients."),
    Row("upper_needs", "upper bound needs n ≥ {needed}", _MORE),
    Row("upper_needs_patients", "upper bound needs n ≥ {needed} patients", _MORE),
    Row("lower_needs", "lower bound needs n ≥ {needed}, got {got}", _MORE),
    Row("never_bounded", "no number of samples bounds the largest error", "Ask for a share below "
        "100 %."),
    Row("repeated", "interval: repeated patients", "Order statistics need one sample a patient."),
    Row("one_holds_most", "interval: one sample holds more than {most:.0%} of the cells",
        "The number is that sample's. Balance the cells of the samples."),
    Row("one_of_holds_most", "interval: one of the {units} holds more than {most:.0%} of the cells",
        "As `one_holds_most`."),
    Row("not_asked", "interval: not asked for", "The statistic was called without resamples."),
    Row("resamples_undefined", "interval: undefined in {undefined} of {resamples} resamples",
        "Too few samples hold the class; " + _MORE.lower()),
    Row("slopes_too_few", "interval: {slopes} slopes between the samples are too few for its ranks",
        _MORE),
    Row("points_too_many", "interval: slopes of at most {most} points are resampled, got {got}",
        "Take the interval by ranks, which knows no size."),
    Row("bias_by_ranks", "interval: ranks give none for a bias at a level", "Resample the line "
        "(`interval=\"bca\"`), or take Deming's."),
    Row("lines_not_drawn", "a test of slope and intercept together needs resampled lines",
        "Resample the line (`interval=\"bca\"`)."),
    Row("lines_alike", "the resampled lines do not scatter both in slope and in height", _MORE),
    Row("bound_vertical", "upper bound: steeper than vertical", "The samples span too small a "
        "range for their scatter. Measure samples over the whole range."),
    Row("line_undetermined", "interval: without one of the samples no line is determined",
        "One sample alone spans the line. Measure samples over the whole range."),
    Row("mover_alone", "with repeated patients only the MOVER interval is defined",
        "Read the limits by `mover`."),
    Row("one_sample_a_patient", "normal limits need one sample per patient",
        "Read the percentiles, which take repeats."),
    Row("normal_too_few", "normal limits need {needed} pairs, got {got}", _MORE),
    Row("not_normal", "normal differences were declared, and these do not look so ({doubts})",
        "Take `limits = \"normal\"` off the criterion; with 119 pairs percentiles decide."),
    Row("nonparametric_too_few", "nonparametric limits need {needed} pairs, got {got}",
        _MORE + " Below, limits of agreement decide nothing."),
    Row("cannot_exclude", "{have} {units} cannot exclude a drop of {margin:g}: needs {needed}",
        "Widen the margin with a reason, or " + _MORE.lower()),
    Row("weigh_too_few", "{have} {units} that weigh like {weigh} of equal size cannot exclude a "
        "drop of {margin:g}: needs {needed}", "As `cannot_exclude`; samples of unequal size are "
        "worth less."),
    Row("no_interval", "no interval", "See the reason of the value."),
    Row("none_discordant", "nobody is answered differently by the two", _MORE),
    Row("odds_infinite", "infinite: nobody has a yes of the second alone", _MORE),
    Row("few_discordant", "{got} {units} with a discordant cell: needs {needed}", "Resampling "
        "needs more of them; Tango's interval decides."),
    # correlation of cells
    Row("deff_too_few", "design effect needs 2 samples, got {got}", _MORE),
    Row("deff_unseen", "design effect: every cell agrees, nothing varies", "It is borrowed from "
        "other classes, or assumed."),
    Row("icc_too_few", "correlation within samples needs 2 samples, got {got}", _MORE),
    # infinite
    Row("half_infinite", "infinite: half the references are zero", "The percent error of a class "
        "that the reference does not see has no middle. Judge points instead (`or_within`)."),
    Row("moments_infinite", "{infinite} of {n} errors are infinite (reference 0, model above): no "
        "mean and no SD; the median and the covering error take them", "Judge the share within a "
        "limit, or the median."),
    Row("covering_infinite", "infinite: covered only with samples whose error is infinite",
        "A floor (`or_within`) makes the error of rare classes finite."),
    Row("upper_infinite", "upper bound is infinite", "As `covering_infinite`."),
    Row("mean_infinite", "infinite errors have no mean", "As `moments_infinite`."),
    Row("both_infinite", "infinite errors on both sides: their change is not defined",
        "As `covering_infinite`."),
    Row("side_infinite", "infinite: the {side} reaches the share only with infinite errors",
        "As `covering_infinite`."),
    Row("resamples_infinite", "a bound is infinite: resamples reach infinite errors",
        "As `covering_infinite`."),
    # lines and logarithms
    Row("side_equal", "all values of the {side} are equal", "A line needs a range of values."),
    Row("no_line", "no line: the two sides do not vary together", "The regression has no slope to "
        "tell."),
    Row("not_rising", "no positive correlation: {up} pairs of samples rise, {down} fall",
        "Passing–Bablok regression presumes that both methods rise together. Look whether samples "
        "were mixed up; else measure samples over a wider range."),
    Row("weight_of_zero", "weights 1/x² need references other than 0", "Take the unweighted line."),
    Row("not_settled", "weights did not settle in {rounds} rounds", "The line does not determine "
        "the level of the values; take the unweighted one."),
    Row("ratings_equal", "all ratings are equal: chance agrees as well", "Rate subjects that "
        "differ."),
    Row("rated_once", "no subject is rated twice ({subjects} are rated once)", "Agreement needs "
        "two ratings of one subject."),
    Row("differences_equal", "the differences do not scatter: no test", "As "
        "`one_line_through_all`."),
    Row("patients_not_repeated", "needs 2 patients or more of whom one repeats, got {patients} of "
        "{pairs} pairs", "Take the limits of single pairs."),
    Row("no_replicates", "no subject is measured twice", "The scatter within a subject "
        "needs replicates of it on both sides."),
    Row("no_repeats", "no sample was measured repeatedly by the model", "Give a table of repeated "
        "results as `replicates`: `sample_id`, `day`, `run`, and the measurands."),
    Row("no_repeats_near", "no sample with repeated results has a mean within 20 % of {level:g}",
        "Name a level that was repeated, or repeat a sample of that level."),
    Row("one_result_each", "no run holds two results of one sample", "Repeat samples within a "
        "run."),
    Row("one_day", "all repeated results are of one day and run", "Repeat on several days (5 × 5 "
        "in EP15), with a column `day`; of one run alone within-laboratory scatter is not seen."),
    Row("level_needed", "a level above 0 is needed, as in repeatability_cv:4, got {name}",
        "Write the level."),
    Row("allowable_missing", "sigma needs the allowable total error in percent, as in "
        "sigma:4:allowable=15, got {name}", "Write it."),
    Row("cv_zero", "the CV is 0: no scatter was seen", "Sigma has no value where nothing "
        "scatters; look whether results were copied."),
    Row("parts_without_interval", "interval: bias or CV has none", "See the reason at the bias, or "
        "at the CV."),
    Row("values_equal", "all values are equal", "Nothing stands apart from equal values."),
    Row("one_line_through_all", "interval: all points lie on one line", "No scatter was seen, so "
        "that how far the coefficient may be off is not known."),
    Row("samples_alike", "the samples do not differ", "A share of the variance between samples "
        "needs samples that differ."),
    Row("means_equal", "all means of the two methods are equal", "As `side_equal`."),
    Row("means_vary_little", "the means of the two methods vary too little", "As `side_equal`."),
    Row("ratio_not_positive", "error ratio must be above 0, got {ratio:g}", "State λ > 0."),
    Row("reference_exact", "the reference has no error of its own ({ratio}): least squares is the "
        "method", "Judge bias and limits of agreement; on the same cells there is no Deming "
        "regression."),
    Row("one_sample_presumed", "the analytical interval presumes one sample per patient",
        "Take the jackknife."),
    Row("level_missing", "bias_at needs a level, as in bias_at:4, got {name}", "Write the level."),
    Row("log_of_zero", "logarithms need values above 0 on both sides (no offset is added)",
        "Judge absolute or percent differences."),
    Row("base_zero", "the base of the percentage is 0", "Those pairs have no percent difference."),
    # counting noise
    Row("noise_of_share", "counting noise of a share: % measurands only", "Judge the percentage."),
    Row("noise_of_class", "counting noise of a class: not of the total", "As `noise_of_share`."),
    Row("same_cells", "same cells on both sides: no counting noise between them", "Differences "
        "are the model's alone."),
    Row("cells_unknown", "needs the number of cells the model counted in every sample",
        "Give `n_cells` in the table of counts, or the cells themselves."),
    Row("model_cells_unknown", "the number of cells the model counted is not known for every "
        "sample", "As `cells_unknown`."),
    Row("total_cells_unknown", "from how many cells WBC was counted is not known (n_cells beside "
        "a differential are the cells of that)", "State WBC with its own `n_cells` in a table "
        "without a differential, or leave it: a WBC is judged without."),
    Row("reference_cells_unknown", "same-slide needs the number of cells the reference counted "
        "(n_cells)", "Give `n_cells` in the reference's table."),
    Row("total_unknown", "the reference's total WBC is not known for every sample", "Give WBC in "
        "the reference's table."),
    # attainability
    Row("rule_needs", "not attainable: the rule needs {needed} samples, got {got}", _MORE),
    Row("very_same", "the very same cells, no counting noise", "As `very_same_cells`."),
    Row("very_same_cells", "attainable: the very same cells, no counting noise", "Every difference "
        "is the model's."),
    Row("cells_too_few", "not attainable: {words}", "Count more cells in each sample."),
    Row("reference_coarse", "reference too coarse, criterion not attainable: half its last digit "
        "exceeds the limit in {coarse} of {n} samples", "Export the reference with more digits, "
        "or allow a floor (`or_within`)."),
    Row("passes", _PERFECT, "As `attainable`, where the status stands before it."),
    Row("attainable", "attainable: " + _PERFECT, "The model can be held to it."),
    Row("hardly_attainable", "hardly attainable at this cell count: " + _PERFECT,
        "Count more cells, or take a criterion of those that are named."),
    Row("not_attainable", "not attainable at this cell count: " + _PERFECT,
        "As `hardly_attainable`; a failure shows nothing of the model, a pass is suspicious."),
    Row("never_demonstrated", "no number of samples demonstrates a share of 100 %",
        "Ask for less than 100 %."),
    Row("cannot_demonstrate", "{n} samples cannot demonstrate it, even with none outside: at least "
        "{needed} can", _MORE),
    Row("lost_too_many", "{lost} samples without a result are too many by themselves", "Find out "
        "why the model gave none."),
    Row("never_likely", "no cell count up to {most} per sample would make it likely (80 %)",
        "Take a criterion of those that are named."),
    Row("likely_from", "from {needed} cells per sample on it would pass in at least 80 %",
        "Count so many cells."),
    Row("cv_included", "reference CV {cv:.3g} % included", "As the protocol states it."),
    Row("reference_noise_included", "the reference's own counting noise included, its other errors "
        "not", "The chance is an upper bound."),
    Row("reference_noise_not_included", "the reference's own counting noise is not known and not "
        "included", "Give `n_cells` in the reference's table."),
    Row("imprecision_not_included", "analyzer imprecision not included: upper bound",
        "State the reference's CV in the protocol."),
    Row("overlap_unknown", "overlap unknown: the chance is higher where both met the same cells",
        "On one slide nobody knows which cells both sides met."),
    Row("total_from_n_cells", "n_cells taken for the cells that WBC was counted from", "Where WBC "
        "comes from a larger volume, the chance is higher."),
    Row("instead_of_total", _INSTEAD + _ASKS, "See how to choose criteria that can be met."),
    Row("instead_of_class", _INSTEAD + "samples inside counting noise, " + _ASKS +
        ", accuracy on the same cells", "As `instead_of_total`."),
    Row("cells_refuted", _REFUTED + "So the values do not come from n_cells cells, or the two "
        "sides are not independent of each other", "State `n_cells` as it was; look where the "
        "model's values come from."),
    Row("total_refuted", _REFUTED + "So WBC was not counted from n_cells, but from more",
        "Nothing is wrong with the values; attainability cannot be told."),
    # beside a share of samples
    Row("beside_noise", "{within} within the limit, {usual} inside the usual 95 % limits",
        "The share counts samples inside 99.7 % limits of counting noise as hits; these are the "
        "figures without that."),
    Row("lost_outside", "{lost} of them without a model result, counted as outside", "A sample "
        "that the model cannot answer is a failure of the model."),
    Row("zero_within", "{zero} of them 0 on both sides, counted as within", "Where neither side "
        "saw one, they agree; that shows little."),
)  # fmt: skip
