"""The accepted model a candidate is judged against, kept in a folder made to be committed."""

from wbcval.baseline._accept import Acceptance as Acceptance
from wbcval.baseline._accept import accept as accept
from wbcval.baseline._log import Accepted as Accepted
from wbcval.baseline._log import Entry as Entry
from wbcval.baseline._log import Judged as Judged
from wbcval.baseline._store import UNSIGNED as UNSIGNED
from wbcval.baseline._store import Store as Store
from wbcval.baseline._store import entries as entries
from wbcval.baseline._store import is_store as is_store
from wbcval.baseline._store import open_store as open_store
from wbcval.baseline._store import record_judgement as record_judgement
from wbcval.baseline._store import verify as verify
from wbcval.baseline._words import logged as logged
from wbcval.baseline._words import model as model
from wbcval.baseline._words import plain as plain
from wbcval.baseline._words import shown as shown
from wbcval.baseline._words import size as size
