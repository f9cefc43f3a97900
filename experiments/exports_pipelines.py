"""Pipelines of other people before one and the same net, for ``exports.py``: how images get in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as f

from experiments.exports_made import MEAN, SIZE, STD, Around, Made, Net, by_torch, normalised
from experiments.exports_torch import made, script

Images = Sequence[Image.Image]
BILINEAR, BICUBIC, NEAREST = (Image.Resampling[n] for n in ("BILINEAR", "BICUBIC", "NEAREST"))


def _net() -> nn.Module:
    return Net().eval()


def _normalised(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) to (3, H, W), as torchvision's ``ToTensor`` and ``Normalize``."""
    scaled = torch.from_numpy(np.array(pixels)).permute(2, 0, 1).float().div(255)
    mean, std = (torch.tensor(v)[:, None, None] for v in (MEAN, STD))
    return ((scaled - mean) / std).numpy()


def _middle(image: Image.Image, height: int, width: int) -> Image.Image:
    """As torchvision's ``CenterCrop``, of an image that is large enough."""
    top, left = round((image.height - height) / 2.0), round((image.width - width) / 2.0)
    return image.crop((left, top, left + width, top + height))


def _shorter(image: Image.Image, side: int, filter_: Any) -> Image.Image:
    """As torchvision's ``Resize`` of one number."""
    short = min(image.size)
    width, height = (side if n == short else int(side * n / short) for n in image.size)
    return image.resize((width, height), filter_)


def _each(one: Callable[[Image.Image], np.ndarray]) -> Callable[[Images], np.ndarray]:
    return lambda images: np.stack([one(image.convert("RGB")) for image in images])


def torchvision(image: Image.Image) -> np.ndarray:
    """Resize(40), CenterCrop(32)."""
    return _normalised(np.asarray(_middle(_shorter(image, 40, BILINEAR), SIZE, SIZE)))


def timm(image: Image.Image) -> np.ndarray:
    """Bicubic to floor(32 / 0.875), CenterCrop(32)."""
    return _normalised(np.asarray(_middle(_shorter(image, 36, BICUBIC), SIZE, SIZE)))


def cropped(image: Image.Image) -> np.ndarray:
    """CenterCrop(30), Resize((32, 32))."""
    return _normalised(np.asarray(_middle(image, 30, 30).resize((SIZE, SIZE), BILINEAR)))


def of_tensors(image: Image.Image) -> np.ndarray:
    """Resize((32, 32), antialias=False) of a tensor of uint8."""
    given = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    small = f.interpolate(given, (SIZE, SIZE), mode="bilinear", align_corners=False)
    return _normalised(small[0].round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())


def opencv(name: str, swap: bool = False) -> Callable[[Image.Image], np.ndarray]:
    """cv2.resize of what cv2.imread gives, its colours put right or not."""

    def one(image: Image.Image) -> np.ndarray:
        import cv2

        bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        small = cv2.resize(bgr, (SIZE, SIZE), interpolation=getattr(cv2, f"INTER_{name}"))
        return _normalised(small if swap else small[:, :, ::-1])

    return one


def keras_caffe(image: Image.Image) -> np.ndarray:
    """load_img(target_size=…) and preprocess_input of VGG: nearest, BGR, means, channels last."""
    small = np.asarray(image.resize((SIZE, SIZE), NEAREST), np.float32)[:, :, ::-1]
    return small - np.float32([103.939, 116.779, 123.68])


def keras_tf(image: Image.Image) -> np.ndarray:
    """Rescaled to −1 … 1, channels last."""
    small = np.asarray(image.resize((SIZE, SIZE), BILINEAR), np.float32)
    return small / np.float32(127.5) - np.float32(1)


def grey(image: Image.Image) -> np.ndarray:
    """Grayscale(num_output_channels=3), Resize((32, 32))."""
    small = image.convert("L").resize((SIZE, SIZE), BILINEAR)
    return _normalised(np.repeat(np.asarray(small)[:, :, None], 3, axis=2))


class Last(nn.Module):
    """A net of channels last, of small numbers or large."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.net, self.scale = Net(), scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.net(x.permute(0, 3, 1, 2) * self.scale)


def _row(name: str, one: Callable[[Image.Image], np.ndarray], card: Mapping[str, Any],
         net: Callable[[], nn.Module] = _net) -> tuple[Any, ...]:  # fmt: skip
    return name, made(script, ".pt", net, card, {"prepare": _each(one)})


def _sigmoids(folder: Path) -> Made:
    """A sigmoid for each class, trained one against the rest."""
    module = nn.Sequential(Net(), nn.Sigmoid()).eval()
    own = by_torch(module, normalised, after="")
    return Made(script(module, folder / "m.pt"), own, {"output": "scores"})


def _softmax_as_logits(folder: Path) -> Made:
    module = Around(Net(), "", "softmax").eval()
    return Made(script(module, folder / "m.pt"), by_torch(module, after=""))


SHORT = {"resize": "shorter-side"}
CAFFE = {"scale": 1, "mean": [103.939, 116.779, 123.68], "std": [1.0] * 3}
ROWS: tuple[tuple[Any, ...], ...] = (
    _row("torchvision: Resize(40), CenterCrop(32)", torchvision, {**SHORT, "shorter_side": 40}),
    _row(
        "timm: bicubic, crop_pct 0.875", timm,
        {**SHORT, "shorter_side": 36, "interpolation": "bicubic"},
    ),
    _row("torchvision: CenterCrop(30), Resize((32, 32))", cropped, {"crop": [30, 30]}),
    _row("torchvision: Resize of a tensor, antialias=False", of_tensors, {"resizer": "torch"}),
    _row("torchvision: Grayscale(3), Resize", grey, {"color": "gray-as-RGB"}),
    *(
        _row(f"OpenCV: INTER_{name}", opencv(name),
             {"resizer": "opencv", "interpolation": name.lower()})
        for name in ("LINEAR", "AREA", "CUBIC", "NEAREST", "LANCZOS4")
    ),
    _row("OpenCV: colours not swapped", opencv("LINEAR", swap=True),
         {"resizer": "opencv", "interpolation": "linear", "color": "BGR"}),
    _row("Keras: nearest, caffe's means", keras_caffe,
         {**CAFFE, "color": "BGR", "interpolation": "nearest", "layout": "NHWC"},
         lambda: Last(1 / 64).eval()),
    _row("Keras: −1 to 1", keras_tf,
         {"scale": 127.5, "mean": [1.0] * 3, "std": [1.0] * 3, "layout": "NHWC"},
         lambda: Last(3.0).eval()),
    ("a sigmoid for each class", _sigmoids),
    ("softmax inside, and a card that says logits", _softmax_as_logits),
)  # fmt: skip
