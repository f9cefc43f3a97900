"""Published data that several families take."""

from __future__ import annotations

PEFR_SOURCE = "data: Bland & Altman, Lancet 1986;i:307, Table 1, first readings, 17 pairs"
# grades of unaided vision of the right eye (rows) and of the left eye (columns) of 7477 women
VISION_SOURCE = "data: Stuart, Biometrika 1953;40:105"
VISION = ((1520, 266, 124, 66), (234, 1512, 432, 78), (117, 362, 1772, 205), (36, 82, 179, 492))
# peak expiratory flow, L/min: Wright's meter and the mini meter
PEFR_WRIGHT = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
PEFR_MINI = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
