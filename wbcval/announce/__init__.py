"""The gate's verdict for machines and people in CI: JSON, JUnit XML, Markdown, annotations."""

from wbcval.announce._agree import TELLING as TELLING
from wbcval.announce._agree import disagreements as disagreements
from wbcval.announce._annotations import annotations as annotations
from wbcval.announce._junit import junit as junit
from wbcval.announce._markdown import markdown as markdown
from wbcval.announce._results import results_json as results_json
