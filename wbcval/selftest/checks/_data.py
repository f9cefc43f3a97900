"""Published data that several families take."""

from __future__ import annotations

PEFR_SOURCE = "data: Bland & Altman, Lancet 1986;i:307, Table 1, first readings, 17 pairs"
# peak expiratory flow, L/min: Wright's meter and the mini meter
PEFR_WRIGHT = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
PEFR_MINI = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
