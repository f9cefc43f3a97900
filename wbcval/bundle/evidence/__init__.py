"""The evidence bundle: where its numbers come from, how it is written, and verified years later."""

from wbcval.bundle.evidence._again import Rerun as Rerun
from wbcval.bundle.evidence._again import compared as compared
from wbcval.bundle.evidence._again import rerun_of as rerun_of
from wbcval.bundle.evidence._provenance import WORKBOOKS as WORKBOOKS
from wbcval.bundle.evidence._provenance import created as created
from wbcval.bundle.evidence._provenance import manifest as manifest
from wbcval.bundle.evidence._provenance import provenance as provenance
from wbcval.bundle.evidence._provenance import versions as versions
from wbcval.bundle.evidence._verify import Difference as Difference
from wbcval.bundle.evidence._verify import is_selftest as is_selftest
from wbcval.bundle.evidence._verify import refuted as refuted
from wbcval.bundle.evidence._verify import results_of as results_of
from wbcval.bundle.evidence._verify import seal as seal
from wbcval.bundle.evidence._verify import told_of as told_of
from wbcval.bundle.evidence._verify import verify as verify
from wbcval.bundle.evidence._write import check_target as check_target
from wbcval.bundle.evidence._write import write as write
from wbcval.machine.folders import BUNDLE as FORMAT
from wbcval.machine.folders import is_bundle as is_bundle
from wbcval.machine.folders import manifest_of as read_manifest
from wbcval.machine.folders import recover as recover

__all__ = ["FORMAT", "is_bundle", "read_manifest", "recover"]
