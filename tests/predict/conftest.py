"""A small real model and a few images for each session."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.build.cards import FIVE
from tests.predict.material import draw, save

torch.set_num_threads(1)  # the plain loops; threads that wait for each other cost tenfold


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("model") / "small.pt", FIVE)


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("images") / "cells")
