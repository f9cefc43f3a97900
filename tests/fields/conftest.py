"""The drawn fields need OpenCV to be looked at."""

import pytest

pytest.importorskip("cv2", reason="needs wbcval[fields]")
