"""What Sysmex exports of all generations share: which sample ids are no patient's."""

NOT_PATIENTS = (
    r"^(?:QC-|BACKGROUNDCHECK|CAL(?:-|\d|$)|XNCAL|ERR(?:\d|$)|PRE-CHK-|OPT-AXIS)"  # upper case
)
