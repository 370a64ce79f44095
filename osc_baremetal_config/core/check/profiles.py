"""What is wrong with how a cloud defines profiles.

Owns that all definitions of a profile have to be the same. Its single items
are for :mod:`.templates`.
"""

import collections
import json
from collections.abc import Iterator

from osc_baremetal_config.core.check.findings import Code, Finding
from osc_baremetal_config.core.check.survey import Survey
from osc_baremetal_config.core.check.templates import extra
from osc_baremetal_config.core.facts import profiles, quoting, violations


def check(survey: Survey) -> Iterator[Finding]:
    """Yield the profiles of which templates have different definitions."""
    named = profiles.of_cloud(survey.estate.templates, {})
    for name, defining in named.ambiguous.items():
        found = [one.profile for one in defining if one.profile]
        # As most of them have it, or the first of as many.
        [(common, _)] = collections.Counter(found).most_common(1)
        document = json.dumps(common.values)
        yield Finding(
            Code.PROFILE_DIFFERS,
            f'profile {name}',
            violations.profile_ambiguous(name, defining).text,
            quoting.both(
                *(
                    extra(one, 'config-items', document)
                    for one in defining
                    if one.profile != common
                )
            ),
        )
