"""The accepted model a candidate is judged against, kept in a folder made to be committed."""

from wbcval.gating.baseline._accept import Promotion as Promotion
from wbcval.gating.baseline._accept import accept as accept
from wbcval.gating.baseline._log import Accepted as Accepted
from wbcval.gating.baseline._log import Entry as Entry
from wbcval.gating.baseline._log import Judged as Judged
from wbcval.gating.baseline._store import UNSIGNED as UNSIGNED
from wbcval.gating.baseline._store import Store as Store
from wbcval.gating.baseline._store import entries as entries
from wbcval.gating.baseline._store import is_store as is_store
from wbcval.gating.baseline._store import open_store as open_store
from wbcval.gating.baseline._store import record_judgement as record_judgement
from wbcval.gating.baseline._store import verify as verify
from wbcval.gating.baseline._words import logged as logged
from wbcval.gating.baseline._words import model as model
from wbcval.gating.baseline._words import plain as plain
from wbcval.gating.baseline._words import shown as shown
from wbcval.gating.baseline._words import size as size
