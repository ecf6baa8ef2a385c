"""What schemathesis is told beside its configuration: a check of our own, and which of its verdicts are wrong on purpose."""

import os

import refusals
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# The key that this runs with, and its identity. Whoever lists them can end them.
OWN = set(os.environ["LATCHKEY_API_OWN"].split())

# Operations that no request of a run can succeed with, each with its reason.
WITHOUT_SUCCESS = {}


@schemathesis.check
class every_operation_succeeds:
    """An operation that always refuses has shown nothing of its answers. Each succeeds at least once: one to which a link leads on a walk along links,
    where what it needs has been made, any other on its own."""

    def __init__(self):
        self.linked, self.tested, self.reached, self.walked = set(), set(), set(), set()
        self.is_walk = False

    def after_response(self, ctx, response, case):
        name = refusals.operation_id(case)
        is_walk = case.meta is not None and case.meta.phase.name.value == "stateful"
        self.is_walk |= is_walk
        self.tested.add(name)
        self.linked.update(targets(case.operation.definition.raw))
        if 200 <= response.status_code < 300:
            (self.walked if is_walk else self.reached).add(name)

    def after_run(self, ctx):
        wanted = self.linked - self.walked if self.is_walk else self.tested - self.linked - self.reached
        faults = [
            (wanted - WITHOUT_SUCCESS.keys(), "never succeeded"),
            ((self.reached | self.walked) & WITHOUT_SUCCESS.keys(), "succeeded, though on the list of those that can't"),
        ]
        if any(names for names, _ in faults):
            raise AssertionError("; ".join(f"{', '.join(sorted(names))} {fault}" for names, fault in faults if names))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nothing is done to the key that this runs with: all that comes after would be 401."""
    for name, value in (case.path_parameters or {}).items():
        if value in OWN:
            case.path_parameters[name] = value[:-26] + "0" * 26


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not (isinstance(failure, RejectedPositiveData) and refusals.is_refused_on_purpose(case, response))


def targets(operation):
    """The operations to which the answers of one lead."""
    return {link["operationId"] for answer in operation["responses"].values() for link in answer.get("links", {}).values()}
