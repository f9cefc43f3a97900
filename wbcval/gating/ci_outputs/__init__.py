"""The gate's verdict for machines and people in CI: JSON, JUnit XML, Markdown, annotations."""

from wbcval.gating.ci_outputs._annotations import annotations as annotations
from wbcval.gating.ci_outputs._held import FILES as FILES
from wbcval.gating.ci_outputs._held import contradictions as contradictions
from wbcval.gating.ci_outputs._junit import junit as junit
from wbcval.gating.ci_outputs._markdown import markdown as markdown
from wbcval.gating.ci_outputs._results import results_json as results_json
