"""Mistakes that operators make, for ``server config check`` to find.

Each is made on a cloud on which nothing is wrong, through the APIs alone, so
that the model and the real cloud can be given them. Owns what is done and
which finding it has to be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

ON, OFF = (
    'CUSTOM_HYPERTHREADING_ENABLED_DELL',
    'CUSTOM_HYPERTHREADING_DISABLED_DELL',
)
BASE = 'bm.large'
VARIANT = f'{BASE}.hyperthreading-enabled'
STEP = {'interface': 'bios', 'step': 'apply_configuration'}


class Hands(Protocol):
    """What a mistake is made with."""

    def ironic(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Ironic as an administrator of the system."""

    def nova(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to Nova as an administrator."""

    def flavor(self, name: str) -> str:
        """Return the ID of a flavor."""

    def node(self, name: str) -> str:
        """Return the UUID of a node."""

    @property
    def server(self) -> str:
        """Return the ID of a server on a node of the base flavor."""

    @property
    def own_node(self) -> str:
        """Return the UUID of the node of that server."""

    @property
    def projects(self) -> tuple[str, str]:
        """Return the ID of the project of the server, and of another."""


@dataclass(frozen=True)
class Mistake:
    """A mistake, and the code by which it has to be found.

    :param is_fixed: the command that is named removes it.
    """

    code: str
    make: Callable[[Hands], object]
    is_fixed: bool = True

    def __str__(self) -> str:
        return f'{self.code} ({self.make.__name__})'


def settings(**wanted: Any) -> dict[str, Any]:
    """Return the step that applies settings."""
    listed = [{'name': n, 'value': v} for n, v in wanted.items()]
    return {**STEP, 'args': {'settings': listed}}


def _steps(
    hands: Hands, *steps: dict[str, Any], runbook: bool = False
) -> None:
    """Have a template, or a runbook, run other steps."""
    if runbook:
        path, key = f'/runbooks/{ON}_ACME', 'order'
    else:
        path, key = f'/deploy_templates/{ON}', 'priority'
    listed = [s | {key: 10 + n} for n, s in enumerate(steps)]
    patch = [{'op': 'replace', 'path': '/steps', 'value': listed}]
    hands.ironic('PATCH', path, patch)


def _extra(hands: Hands, key: str, value: Any) -> None:
    patch = [{'op': 'add', 'path': f'/extra/{key}', 'value': value}]
    hands.ironic('PATCH', f'/deploy_templates/{ON}', patch)


def _specs(hands: Hands, name: str, **specs: str) -> None:
    body = {'extra_specs': {k.replace('__', ':'): v for k, v in specs.items()}}
    hands.nova('POST', f'/flavors/{hands.flavor(name)}/os-extra_specs', body)


def _metadata(hands: Hands, **items: str) -> None:
    body = {'metadata': {k.replace('__', ':'): v for k, v in items.items()}}
    hands.nova('POST', f'/servers/{hands.server}/metadata', body)


def no_priority(hands: Hands) -> None:
    """Have a deploy template whose step is never run."""
    step = settings(LogicalProc='Enabled') | {'priority': 0}
    patch = [{'op': 'replace', 'path': '/steps', 'value': [step]}]
    hands.ironic('PATCH', f'/deploy_templates/{ON}', patch)


def unknown_step(hands: Hands) -> None:
    """Have a step that is none."""
    _steps(hands, {'interface': 'bios', 'step': 'aply', 'args': {}})


def unknown_step_of_a_runbook(hands: Hands) -> None:
    """Have a runbook with such a step."""
    step = {'interface': 'bios', 'step': 'aply', 'args': {}}
    _steps(hands, step, runbook=True)


def no_arguments(hands: Hands) -> None:
    """Have a step without what it requires."""
    _steps(hands, {**STEP, 'args': {}})


def lossy(hands: Hands) -> None:
    """Have a step that can lose data."""
    step = {'interface': 'raid', 'step': 'delete_configuration', 'args': {}}
    _steps(hands, step)


def misspelt_setting(hands: Hands) -> None:
    """Have a setting that no BIOS has."""
    _steps(hands, settings(LogicalProk='Enabled'))


def misspelt_value(hands: Hands) -> None:
    """Have a value that no BIOS takes."""
    _steps(hands, settings(LogicalProc='On'))


def read_only(hands: Hands) -> None:
    """Have a setting that can only be read."""
    _steps(hands, settings(LogicalProc='Enabled', SystemServiceTag='x'))


def contradicting(hands: Hands) -> None:
    """Have a setting with two values."""
    step = settings(LogicalProc='Enabled')
    step['args']['settings'] += settings(LogicalProc='Disabled')['args'][
        'settings'
    ]
    _steps(hands, step)


def opposite(hands: Hands) -> None:
    """Have a template that does the opposite of what it says."""
    _steps(hands, settings(LogicalProc='Disabled'))


def misspelt_type(hands: Hands) -> None:
    """Have a template for a type that there is not."""
    _extra(hands, 'config-type', 'hyperthredding')


def _without_item(hands: Hands, name: str, **extra: str) -> None:
    """Have a template whose item is not what its ``extra`` says."""
    body = {
        'name': f'CUSTOM_{name}',
        'steps': [settings(LogicalProc='Enabled') | {'priority': 150}],
        'extra': {k.replace('__', '-'): v for k, v in extra.items()},
    }
    hands.ironic('POST', '/deploy_templates', body)


def type_without_value(hands: Hands) -> None:
    """Have a template with a type and no value."""
    _without_item(hands, 'HALF', config__type='hyperthreading')


def misspelt_property(hands: Hands) -> None:
    """Have a flavor with a property that has an underscore."""
    _specs(hands, VARIANT, **{'deploy_config__hyperthreading': 'enabled'})


def misspelt_item(hands: Hands) -> None:
    """Have a template for a value that there is not."""
    body = {
        'name': 'CUSTOM_ENABLE',
        'steps': [settings(LogicalProc='Enabled') | {'priority': 150}],
        'extra': {'config-type': 'hyperthreading', 'config-value': 'enable'},
    }
    hands.ironic('POST', '/deploy_templates', body)


def tie(hands: Hands) -> None:
    """Have two templates for one item, and nothing that decides."""
    body = {
        'name': 'CUSTOM_OTHER',
        'steps': [settings(LogicalProc='Disabled') | {'priority': 150}],
        'extra': {
            'config-type': 'hyperthreading',
            'config-value': 'disabled',
            'required-traits': [],
        },
    }
    hands.ironic('POST', '/deploy_templates', body)


def alone(hands: Hands) -> None:
    """Have an item from which there is no way back."""
    body = {
        'name': 'CUSTOM_TURBO_ENABLED_DELL',
        'steps': [settings(ProcTurboMode='Enabled') | {'priority': 150}],
        'extra': {'config-type': 'turbo', 'config-value': 'enabled'},
    }
    hands.ironic('POST', '/deploy_templates', body)


def required_by_none(hands: Hands) -> None:
    """Have a template that requires what no node has."""
    _extra(hands, 'required-traits', ['CUSTOM_PLATINUM'])


def misspelt_required(hands: Hands) -> None:
    """Have a template that requires a trait with a slip."""
    _extra(hands, 'required-traits', ['HW_CPU_HYPERTREADING'])


def owner_by_name(hands: Hands) -> None:
    """Have a runbook whose owner is the name of a project."""
    patch = [{'op': 'replace', 'path': '/owner', 'value': 'acme'}]
    hands.ironic('PATCH', f'/runbooks/{ON}_ACME', patch)


def owner_that_is_none(hands: Hands) -> None:
    """Have a runbook whose owner is no project."""
    patch = [{'op': 'replace', 'path': '/owner', 'value': 'nobody'}]
    hands.ironic('PATCH', f'/runbooks/{ON}_ACME', patch)


def _profile(hands: Hands, name: str, more: str = '', **items: str) -> None:
    """Have a template that defines a profile.

    :param more: of the name of the template, where there are several.
    """
    body = {
        'name': f'CUSTOM_{name.upper()}{more}',
        'steps': [settings(LogicalProc='Enabled') | {'priority': 150}],
        'extra': {'config-profile': name, 'config-items': items},
    }
    hands.ironic('POST', '/deploy_templates', body)


def differing_profile(hands: Hands) -> None:
    """Have two definitions of a profile."""
    _profile(hands, 'hpc', '_A', hyperthreading='enabled')
    _profile(hands, 'hpc', '_B', hyperthreading='enabled', turbo='enabled')


def misspelt_type_in_a_profile(hands: Hands) -> None:
    """Have a profile with a type that there is not."""
    _profile(hands, 'web', hyperthredding='enabled')


def misspelt_value_in_a_profile(hands: Hands) -> None:
    """Have a profile with a value that there is not."""
    _profile(hands, 'db', hyperthreading='enable')


def opposite_profile(hands: Hands) -> None:
    """Have a profile whose template does the opposite of it."""
    _profile(hands, 'off', hyperthreading='disabled')


def runbook_without_traits(hands: Hands) -> None:
    """Have a runbook that is approved for no node."""
    hands.ironic('PUT', f'/runbooks/{ON}_ACME/traits', {'traits': []})


def runbook_with_other_traits(hands: Hands) -> None:
    """Have a runbook that is approved for what no node has."""
    body = {'traits': ['CUSTOM_PLATINUM']}
    hands.ironic('PUT', f'/runbooks/{ON}_ACME/traits', body)


def public_runbook(hands: Hands) -> None:
    """Have a runbook that is shown to all, and may be run by none."""
    patch = [{'op': 'replace', 'path': '/public', 'value': True}]
    hands.ironic('PATCH', f'/runbooks/{ON}_ACME', patch)


def deleted_template(hands: Hands) -> None:
    """Have a variant whose template is gone."""
    hands.ironic('DELETE', f'/deploy_templates/{ON}')


def unlike_variant(hands: Hands) -> None:
    """Have a variant that differs in another property."""
    _specs(hands, VARIANT, **{'hw__boot_mode': 'uefi'})


def private_base(hands: Hands) -> None:
    """Have a variant of a private flavor that another project may use."""
    _, other = hands.projects
    name = 'bm.private.hyperthreading-enabled'
    body = {'addTenantAccess': {'tenant': other}}
    hands.nova('POST', f'/flavors/{hands.flavor(name)}/action', body)


def other_template(hands: Hands) -> None:
    """Have a variant that requires the template of another item."""
    _specs(hands, VARIANT, **{f'trait__{OFF}': 'required'})


def pinning(hands: Hands) -> None:
    """Have a flavor with the trait that Nova takes for pinning."""
    _specs(hands, VARIANT, trait__HW_CPU_HYPERTHREADING='required')


def misspelt_trait(hands: Hands) -> None:
    """Have a flavor that requires a trait with a slip."""
    name = ON.replace('ENABLED', 'ENABLD')
    _specs(hands, VARIANT, **{f'trait__{name}': 'required'})


def unmarked_nodes(hands: Hands) -> None:
    """Have a flavor whose trait no node has."""
    for name in ('bm-0', 'bm-1', 'bm-2', 'bm-3'):
        node = hands.node(name)
        hands.ironic('DELETE', f'/nodes/{node}/traits/{ON}')


def unmarked_node(hands: Hands) -> None:
    """Have a node that was enrolled after the item was offered."""
    node = hands.node('bm-3')
    hands.ironic('DELETE', f'/nodes/{node}/traits/{ON}')


def incapable_with_setting(hands: Hands) -> None:
    """Have a node whose capability is not told."""
    node = hands.node('bm-3')
    hands.ironic('DELETE', f'/nodes/{node}/traits/HW_CPU_HYPERTHREADING')


def no_lessee(hands: Hands) -> None:
    """Have a server whose project is not shown the node."""
    patch = [{'op': 'remove', 'path': '/lessee'}]
    hands.ironic('PATCH', f'/nodes/{hands.own_node}', patch)


def undefined_record(hands: Hands) -> None:
    """Have a record of a type that nobody defines."""
    _metadata(hands, **{'deploy-config__led': 'red'})


def drift(hands: Hands) -> None:
    """Have a server that is not as it should be."""
    _metadata(hands, **{'deploy-config__hyperthreading': 'disabled'})


def orphaned(hands: Hands) -> None:
    """Have a change that was started and does not go on."""
    entry = '{"value": "enabled", "since": "2026-01-01T00:00:00+00:00"}'
    _metadata(hands, **{'deploy-config-pending__hyperthreading': entry})


def damaged(hands: Hands) -> None:
    """Have an entry of a change that cannot be read."""
    _metadata(hands, **{'deploy-config-pending__hyperthreading': '{"va'})


def junk_deferred(hands: Hands) -> None:
    """Have what is no deferred request under its key."""
    _metadata(hands, **{'deploy-config-deferred__turbo': 'tomorrow'})


def undefined_deferred(hands: Hands) -> None:
    """Have a deferred request for what nobody defines."""
    entry = '{"value": "red", "by": "x", "at": "2026-01-01T00:00:00+00:00"}'
    _metadata(hands, **{'deploy-config-deferred__led': entry})


MISTAKES = (
    Mistake('template-empty', no_priority),
    Mistake('step-unknown', unknown_step),
    Mistake('step-unknown', unknown_step_of_a_runbook),
    Mistake('step-incomplete', no_arguments),
    Mistake('step-lossy', lossy),
    Mistake('setting-unknown', misspelt_setting),
    Mistake('setting-value', misspelt_value),
    Mistake('setting-read-only', read_only),
    Mistake('setting-contradicts', contradicting),
    Mistake('setting-opposite', opposite),
    Mistake('type-misspelt', misspelt_type),
    Mistake('value-undefined', misspelt_item),
    Mistake('extra-incomplete', type_without_value),
    Mistake('key-misspelt', misspelt_property),
    Mistake('template-tie', tie),
    Mistake('value-alone', alone),
    Mistake('template-traits', required_by_none),
    Mistake('trait-misspelt', misspelt_required),
    Mistake('trait-misspelt', misspelt_trait),
    Mistake('runbook-without-traits', runbook_without_traits),
    Mistake('runbook-traits', runbook_with_other_traits),
    Mistake('runbook-not-usable', public_runbook),
    Mistake('owner-unknown', owner_by_name),
    Mistake('owner-unknown', owner_that_is_none),
    Mistake('profile-differs', differing_profile),
    Mistake('type-misspelt', misspelt_type_in_a_profile),
    Mistake('value-undefined', misspelt_value_in_a_profile),
    Mistake('setting-opposite', opposite_profile),
    Mistake('item-without-template', deleted_template),
    Mistake('variant-differs', unlike_variant),
    Mistake('variant-access', private_base),
    Mistake('variant-trait', other_template),
    Mistake('trait-pinning', pinning),
    Mistake('flavor-without-nodes', unmarked_nodes),
    Mistake('template-trait-missing', unmarked_node),
    Mistake('setting-without-trait', incapable_with_setting),
    Mistake('lessee-missing', no_lessee),
    Mistake('record-undefined', undefined_record),
    Mistake('drift', drift),
    Mistake('journal-orphaned', orphaned),
    Mistake('journal-damaged', damaged),
    Mistake('journal-damaged', junk_deferred),
    Mistake('record-undefined', undefined_deferred),
)
