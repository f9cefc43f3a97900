"""A model, or a composition of several: pinned, loaded and tried before any image is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from wbcval.machine.progress import Progress
from wbcval.origin import ModelFile
from wbcval.predict import images, models
from wbcval.predict.cards import Card, CardStage
from wbcval.predict.run._calibration import Calibration, calibrate
from wbcval.predict.run._cards import CardFrom, File
from wbcval.predict.run._decide import Decider
from wbcval.predict.run._resolve import Resolved, check_pin, resolve


@dataclass(frozen=True)
class Net:
    """One loaded model.

    Attributes:
        column: of its outputs, the one that is its class's, in a one-vs-all stage.
        remarks: what its trial says of its outputs.
    """

    file: str
    sha256: str
    card: Card
    card_from: CardFrom
    passed_over: bool
    model: models.Model
    column: int | None = None
    remarks: tuple[str, ...] = ()

    def record(self) -> ModelFile:
        """As it stands in the record of origin."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "backend": self.model.backend,
            "card": asdict(self.card),
            "card_from": self.card_from,
        }


@dataclass(frozen=True)
class Ensemble:
    """What decides: one model, or stages of several.

    Attributes:
        sha256: of the model's file; of a composition, of the lines ``sha256  name`` (as
            ``sha256sum`` prints them) of its card and of every file it is made of, in the order of
            the card: each model, its card where that does not lie inside, each calibration.
        nets: stage → its models, in the order of its classes; of a multi-class stage, one.
    """

    name: str
    version: str
    sha256: str
    stages: tuple[CardStage, ...]
    nets: Mapping[str, tuple[Net, ...]]
    calibrations: Mapping[str, Calibration]
    plain: bool

    @property
    def decider(self) -> Decider:
        """How labels come from the outputs."""
        scores = self.plain and self.all_nets[0].card.output == "scores"
        return Decider(self.stages, self.calibrations, plain=self.plain, scores=scores)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the results should know of the cards."""
        passed_over = (
            f"the card {net.card_from} {net.file} was used; the one inside says something else"
            for net in self.all_nets
            if net.passed_over
        )
        read = (
            f"the card of {net.file}: {said}" for net in self.all_nets for said in net.card.remarks
        )
        tried = (said for net in self.all_nets for said in net.remarks)
        return (*passed_over, *read, *tried)

    @property
    def all_nets(self) -> tuple[Net, ...]:
        """Every model, in the order of the stages."""
        return tuple(net for nets in self.nets.values() for net in nets)


def asked_of(file: File, device: str, precision: str) -> models.LoadRequest:
    """What loading a file under its card asks for.

    Raises:
        InputError: where what the card needs is not installed.
    """
    given = file.card.input
    images.versions(given)  # asked for before a model is loaded
    return models.LoadRequest(
        file.path, file.data, device, precision, given.batch, (given.channels, *given.size),
        given.layout, given.dtype, file.card.output_name,
        scale=given.scale, mean=given.mean, std=given.std,
    )  # fmt: skip


def open_ensemble(
    model: Path,
    card: Path | None,
    expect_sha256: str | None,
    device: str,
    precision: str,
    progress: Progress,
) -> Ensemble:
    """Hash, check, load and try a model, or every model of a composition.

    Args:
        model: a model's file, or the card of a composition.
        card: for a model's file: its card, before any other.
        expect_sha256: refuse anything else, before it is loaded.
        device: ``cpu`` or ``cuda``.
        precision: ``fp32``, ``bf16`` or ``fp16``.

    Raises:
        InputError: where a file or card cannot be used, a hash differs, or a trial fails.
    """
    found = resolve(model, card)
    check_pin(model, found, expect_sha256)
    return load_ensemble(model, found, device, precision, progress)


def load_ensemble(
    model: Path, found: Resolved, device: str, precision: str, progress: Progress
) -> Ensemble:
    """Load and try every model of what a model's file, or a composition's card, names.

    Raises:
        InputError: where a file cannot be used, or a trial fails.
    """
    nets: dict[str, tuple[Net, ...]] = {}
    for stage in found.stages:
        opened = []
        for name, file in found.files[stage.name].items():
            progress(f"loading {file.path.name}")
            asked = asked_of(file, device, precision)
            net = models.open_model(asked)
            remarks = models.dry_run(net, asked, file.card)
            column = file.card.classes.index(name) if stage.one_vs_all else None
            opened.append(
                Net(
                    file.path.name,
                    file.sha256,
                    file.card,
                    file.card_from,
                    file.passed_over,
                    net,
                    column,
                    remarks,
                )
            )
        nets[stage.name] = tuple(opened)
    return Ensemble(
        found.name,
        found.version,
        found.sha256,
        found.stages,
        nets,
        {
            s.name: calibrate(s, model.parent / s.calibration, found.calibrations[s.name])
            for s in found.stages
            if s.calibration
        },
        plain=found.plain,
    )
