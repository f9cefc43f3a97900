"""Train the sample models on drawn cells, other ones than the sample images, and export them.

Everything is seeded, but the weights depend on the processor, the threads and torch's build all
the same: the committed files are the record. Cards are embedded as ``wbcval.toml``.
"""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from pathlib import Path

import draw_cells
import numpy as np
import torch
from torch import nn

SEED = 71  # not that of the sample images
EACH = {"artefact": 450, "platelet": 300}  # pictures to train on
EACH_LEUKOCYTE = 420
MEAN, STD = (0.80, 0.65, 0.74), (0.16, 0.21, 0.15)
HERE = Path(__file__).parent / "models"
GROUPS = ("leukocyte", "artefact", "platelet")

CARD = """\
schema_version = 1
name = "{name}"
version = "1"
classes = [{classes}]
output = "logits"

[input]
size = [64, 64]
color = "RGB"
resize = "stretch"
interpolation = "bilinear"
scale = 255
mean = [{mean}]
std = [{std}]
"""


class Net(nn.Module):
    """A small net: four strided convolutions, then the mean and the maximum of each feature."""

    def __init__(self, outputs: int, width: int) -> None:
        super().__init__()
        sizes = [3, width, 2 * width, 3 * width, 4 * width]
        layers: list[nn.Module] = []
        for i, o in itertools.pairwise(sizes):
            layers += [nn.Conv2d(i, o, 3, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(8 * width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, (N, outputs), of pictures, (N, 3, 64, 64)."""
        x = self.features(x)
        return self.head(torch.cat([x.mean([2, 3]), x.amax([2, 3])], 1))


def prepare(pictures: np.ndarray) -> torch.Tensor:
    """uint8, (N, 64, 64, 3), as the cards say: float32, (N, 3, 64, 64)."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def training_set() -> tuple[torch.Tensor, list[str]]:
    """Pictures, prepared, with their classes; each picture has a stain of its own."""
    pictures, names = [], []
    for index, name in enumerate(draw_cells.LEUKOCYTES + draw_cells.OTHERS):
        rng = np.random.default_rng([SEED, index])
        for _ in range(EACH.get(name, EACH_LEUKOCYTE)):
            pictures.append(draw_cells.cell(name, draw_cells.Stain.draw(rng), rng))
            names.append(name)
    return prepare(np.stack(pictures)), names


def train(x: torch.Tensor, y: torch.Tensor, width: int, epochs: int) -> Net:
    """A net for the classes ``y``, (N,), or the binary question ``y``, (N, 1)."""
    torch.manual_seed(SEED)
    binary = y.ndim == 2
    net = Net(1 if binary else int(y.max()) + 1, width)
    loss = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
    steps = -(-len(x) // 64)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=epochs * steps)
    for _ in range(epochs):
        for part in torch.randperm(len(x)).split(64):
            batch = torch.rot90(x[part], int(torch.randint(4, (1,))), [2, 3])
            if torch.rand(1) < 0.5:
                batch = batch.flip(3)
            optimizer.zero_grad()
            loss(net(batch), y[part]).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def export(net: Net, file: Path, classes: tuple[str, ...]) -> None:
    """Write the net as TorchScript, with its card and without the paths of its source."""
    card = CARD.format(
        name=file.stem.replace("_", "-"),
        classes=", ".join(f'"{name}"' for name in classes),
        mean=", ".join(map(str, MEAN)),
        std=", ".join(map(str, STD)),
    )
    whole = io.BytesIO()
    with warnings.catch_warnings():  # TorchScript is what users have, deprecated or not
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.script(net), whole, _extra_files={"wbcval.toml": card})
    # The debug records name the source files with their folders on this machine: left out.
    with zipfile.ZipFile(whole) as full, zipfile.ZipFile(file, "w") as out:
        for item in full.infolist():
            if not item.filename.endswith(".debug_pkl"):
                out.writestr(item, full.read(item))
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Train and export all models."""
    torch.set_num_threads(2)
    HERE.mkdir(exist_ok=True)
    x, names = training_set()
    group = torch.tensor([GROUPS.index(n) if n in GROUPS else 0 for n in names])
    export(train(x, group, 10, 8), HERE / "identify.pt", GROUPS)
    white = torch.tensor([n in draw_cells.LEUKOCYTES for n in names])
    x = x[white]
    y = torch.tensor([draw_cells.LEUKOCYTES.index(n) for n in names if n in draw_cells.LEUKOCYTES])
    export(train(x, y, 12, 10), HERE / "five_classes.pt", draw_cells.LEUKOCYTES)
    for index, name in enumerate(draw_cells.LEUKOCYTES):
        target = (y == index).float()[:, None]
        export(train(x, target, 6, 8), HERE / f"ova_{name}.pt", (name,))


if __name__ == "__main__":
    main()
