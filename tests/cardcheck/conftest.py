"""One small net and its images for all tests of a check."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.cardcheck import pipelines

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipelines.save(tmp_path_factory.mktemp("model") / "small.pt")


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipelines.draw(tmp_path_factory.mktemp("images") / "cells")
