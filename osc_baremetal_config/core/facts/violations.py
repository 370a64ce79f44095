"""What speaks against a request: a code, what it is about, and the sentence.

Owns every sentence that speaks against a request, and its code, by which
doc/source/reference/violations.rst explains it. Whether something is so is for
the callers. Codes are an interface: scripts read them.
"""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from osc_baremetal_config.core.facts import quoting, releases, values
from osc_baremetal_config.core.facts.model import (
    Item,
    Node,
    Server,
    Step,
    Template,
    Value,
)
from osc_baremetal_config.core.facts.releases import Version
from osc_baremetal_config.core.facts.risks import Risk


@enum.unique
class Code(enum.StrEnum):
    """Why a request is refused."""

    UNKNOWN_TYPE = 'unknown-type'
    UNKNOWN_VALUE = 'unknown-value'
    PROFILE_UNKNOWN = 'unknown-profile'
    PROFILE_AMBIGUOUS = 'profile-ambiguous'
    CONTRADICTING_REQUEST = 'contradicting-request'
    TRAIT_MISSING = 'trait-missing'
    TEMPLATE_MISSING = 'template-missing'
    TEMPLATE_AMBIGUOUS = 'template-ambiguous'
    TEMPLATE_FOREIGN = 'template-foreign'
    TEMPLATE_TRAITS = 'template-traits'
    TEMPLATE_CONTRADICTS = 'template-contradicts'
    TEMPLATE_UNVERIFIABLE = 'template-unverifiable'
    TEMPLATE_CHANGED = 'template-changed'
    STEP_UNKNOWN = 'step-unknown'
    STEP_LOSSY = 'step-lossy'
    STEP_INCOMPLETE = 'step-incomplete'
    SETTING_UNSUPPORTED = 'setting-unsupported'
    SETTING_CLASH = 'setting-clash'
    TOO_MANY_REBOOTS = 'too-many-reboots'
    SERVICES_UNORDERED = 'services-unordered'
    ITEM_UNDONE = 'item-undone'
    RISK_NOT_ACCEPTED = 'risk-not-accepted'
    NOT_CHECKABLE = 'not-checkable'
    RUNBOOK_MISSING = 'runbook-missing'
    RUNBOOK_NOT_APPROVED = 'runbook-not-approved'
    FLAVOR_NOT_VARIANT = 'flavor-not-variant'
    FLAVOR_AMBIGUOUS = 'flavor-ambiguous'
    FLAVOR_MISSING = 'flavor-missing'
    SERVER_LOCKED = 'server-locked'
    SERVER_STATUS = 'server-status'
    SERVER_BUSY = 'server-busy'
    SERVER_MOVED = 'server-moved'
    UNFINISHED_CHANGE = 'unfinished-change'
    SERVICE_UNSUPPORTED = 'service-unsupported'
    NODE_STATE = 'node-state'
    NODE_RESERVED = 'node-reserved'
    NODE_MAINTENANCE = 'node-maintenance'
    SERVICE_FAILED = 'service-failed'
    NO_ROLLBACK = 'no-rollback'
    NO_ROOM = 'no-room'
    JOURNAL_DAMAGED = 'journal-damaged'
    PREVIOUS_UNKNOWN = 'previous-unknown'
    PREVIOUS_UNSUPPORTED = 'previous-unsupported'
    PREVIOUS_UNCONFIRMED = 'previous-unconfirmed'
    RESIZE_FINISHED = 'resize-finished'
    DESIRED_CONTESTED = 'desired-contested'
    FLAVOR_UNKNOWN = 'flavor-unknown'
    FLAVOR_VIRTUAL = 'flavor-virtual'
    VENDOR_UNKNOWN = 'vendor-unknown'
    PROJECT_UNKNOWN = 'project-unknown'
    NOTHING_FITS = 'nothing-fits'
    DEFINITION_DIFFERS = 'definition-differs'
    DEFINITION_FIXED = 'definition-fixed'
    DEFINITION_MISSING = 'definition-missing'
    DEFINITION_USED = 'definition-used'
    WORD_UNFIT = 'word-unfit'


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What speaks against a request.

    :param subject: what it is about: a type, a server, a node, a template.
    :param text: the sentence, without the hint.
    :param needed: what would have to be so; empty where the text says all.
    :param present: what is so instead.
    :param hint: the command or the person that helps; empty for none.
    :param item: that the violation speaks against; None for the whole.
    """

    code: Code
    subject: str
    text: str
    needed: str = ''
    present: str = ''
    hint: str = ''
    item: Item | None = None

    def __str__(self) -> str:
        about = f'{self.item}: ' if self.item else ''
        hint = f' ({self.hint})' if self.hint else ''
        return f'{about}{self.text}{hint}'

    def of(self, item: Item) -> 'Violation':
        """Return the same as one that speaks against an item."""
        return replace(self, item=item)

    def hinting(self, hint: str) -> 'Violation':
        """Return the same with another hint."""
        return replace(self, hint=hint)


def unknown_type(
    name: str, known: Iterable[str], nearest: str, *, is_named: bool = False
) -> Violation:
    """Say that there is no such type.

    :param nearest: what may have been meant, as a parenthesis.
    :param is_named: the sentence names it, as no item does.
    """
    needed = ', '.join(sorted(known))
    text = f'no such type of configuration{nearest}; known here: {needed}'
    return Violation(
        code=Code.UNKNOWN_TYPE,
        subject=name,
        text=f'{name!r}: {text}' if is_named else text,
        needed=needed,
        present=name,
    )


def unknown_value(item: Item, known: Iterable[str], nearest: str) -> Violation:
    """Say that a type has no such value."""
    needed = ', '.join(sorted(known))
    return Violation(
        code=Code.UNKNOWN_VALUE,
        subject=item.type,
        text=f'allowed values: {needed}{nearest}',
        needed=needed,
        present=item.value,
    )


def profile_unknown(
    name: str, known: Iterable[str], nearest: str, *, is_hidden: bool
) -> Violation:
    """Say that nothing defines a profile.

    :param is_hidden: deploy templates are not shown to this user.
    """
    needed = ', '.join(sorted(known)) or 'none'
    hint = (
        'deploy templates are shown to operators only; ask one to publish a '
        'runbook that defines it'
        if is_hidden
        else ''
    )
    return Violation(
        code=Code.PROFILE_UNKNOWN,
        subject=name,
        text=f'{name!r}: no such profile{nearest}; known here: {needed}',
        needed=needed,
        present=name,
        hint=hint,
    )


def profile_ambiguous(name: str, defining: Sequence[Template]) -> Violation:
    """Say that several templates define a profile, and not as the same."""
    present = '; '.join(
        f'{one} has {", ".join(map(str, one.profile.items))}'
        for one in defining
        if one.profile
    )
    return Violation(
        code=Code.PROFILE_AMBIGUOUS,
        subject=name,
        text=f'profile {name!r} is defined differently: {present}',
        needed='one definition',
        present=present,
        hint='an operator gives all of them the same config-items',
    )


def contradicting_request(name: str, asked: Iterable[str]) -> Violation:
    """Say that several values of one type are requested."""
    present = ' and '.join(asked)
    return Violation(
        code=Code.CONTRADICTING_REQUEST,
        subject=name,
        text=f'{name}: requested as {present} at once',
        present=present,
    )


def trait_missing(
    node: Node, sets: Collection[Collection[str]], listed: Iterable[str]
) -> Violation:
    """Say that a node lacks the trait of a capability.

    :param sets: of traits, of which a node needs one whole set.
    :param listed: the settings of its BIOS that mean the capability.
    """
    needed = ' or '.join(' and '.join(sorted(traits)) for traits in sets)
    known = ', '.join(sorted(listed))
    trait = quoting.quoted(min(next(iter(sets))))
    add = f'openstack baremetal node add trait {quoting.node(node)} {trait}'
    return Violation(
        code=Code.TRAIT_MISSING,
        subject=str(node),
        text=f'node {node} lacks the trait {needed}',
        needed=needed,
        hint=f'its BIOS does list {known}, so an operator may add it: {add}'
        if known
        else '',
    )


def template_missing(
    item: Item,
    *,
    is_hidden: bool,
    is_runbook: bool,
    ironic: Version | None = None,
) -> Violation:
    """Say that nothing sets an item.

    :param is_hidden: deploy templates are not shown to this user.
    :param is_runbook: only a runbook is wanted.
    :param ironic: its newest microversion, None if that is not known.
    """
    if ironic and is_hidden and not releases.has(ironic, releases.RUNBOOKS):
        return _nothing_shown(item, ironic)
    if is_runbook and not releases.has(ironic, releases.RUN_RUNBOOK):
        return runbook_missing(ironic)
    extra = ' '.join(
        f'--extra {quoting.quoted(word)}'
        for word in (f'config-type={item.type}', f'config-value={item.value}')
    )
    kind = 'runbook' if is_hidden or is_runbook else 'deploy template'
    create = f'openstack baremetal {kind} create … {extra}'
    if is_hidden:
        text = (
            'no runbook that you can see sets this, and deploy templates are '
            'shown to operators only'
        )
        hint = f'ask one to publish a runbook: {create}'
    elif is_runbook:
        text = 'this cloud has no runbook for it'
        hint = (
            f'--method service needs none; an operator can create one: '
            f'{create}'
        )
    else:
        text = 'this cloud has neither a deploy template nor a runbook for it'
        hint = f'an operator can create one: {create}'
    return Violation(
        code=Code.TEMPLATE_MISSING, subject=str(item), text=text, hint=hint
    )


def _nothing_shown(item: Item, ironic: Version) -> Violation:
    """Say that a project is shown nothing by which an item could be set."""
    lack = releases.lack(ironic, releases.RUNBOOKS)
    return Violation(
        code=Code.TEMPLATE_MISSING,
        subject=str(item),
        text=f'{lack}, and deploy templates are shown to operators only',
        needed=releases.dotted(releases.CALLS[releases.RUNBOOKS].needs),
        present=releases.dotted(ironic),
        hint='ask an operator to make the change',
    )


def template_ambiguous(templates: Iterable[Template]) -> Violation:
    """Say that several templates win."""
    names = ' and '.join(map(str, templates))
    return Violation(
        code=Code.TEMPLATE_AMBIGUOUS,
        subject=names,
        text=f'{names} match equally well; an operator must resolve this',
    )


def template_foreign(
    node: Node, vendor: str, names: Iterable[str]
) -> Violation:
    """Say that all templates are for the BIOS of other nodes.

    :param vendor: whose BIOS the node has; empty if nobody knows.
    """
    present = ', '.join(names)
    whose = f'{vendor} BIOS' if vendor else 'BIOS'
    return Violation(
        code=Code.TEMPLATE_FOREIGN,
        subject=str(node),
        text=f'no template that you can see is for the {whose} of node '
        f'{node}, which has none of {present}',
        present=present,
    )


def template_traits(
    template: Template, lacking: Iterable[str], node: Node
) -> Violation:
    """Say that a node lacks traits that a template requires."""
    needed = ', '.join(sorted(lacking))
    return Violation(
        code=Code.TEMPLATE_TRAITS,
        subject=str(template),
        text=f'{template} requires {needed}, which node {node} lacks',
        needed=needed,
    )


def template_contradicts(
    template: Template, name: str, given: Iterable[str]
) -> Violation:
    """Say that a template gives one setting several values."""
    present = ' and '.join(given)
    return Violation(
        code=Code.TEMPLATE_CONTRADICTS,
        subject=str(template),
        text=f'{template} sets {name} to {present} at once',
        present=present,
    )


def template_unverifiable(template: Template) -> Violation:
    """Say that nothing of a template could be read back."""
    return Violation(
        code=Code.TEMPLATE_UNVERIFIABLE,
        subject=str(template),
        text=f'{template} sets nothing in the BIOS, so what it does could '
        f'not be verified',
    )


def template_changed(template: Template, more: Iterable[str]) -> Violation:
    """Say that a template sets more than when its change was started."""
    present = ', '.join(more)
    return Violation(
        code=Code.TEMPLATE_CHANGED,
        subject=str(template),
        text=f'{template} sets {present}, which it did not when the change '
        f'was started',
        present=present,
    )


def step_unknown(
    template: Template, step: Step, *, is_lossy: bool
) -> Violation:
    """Say that it is not known what a step does to a live server."""
    which = (
        'which can lose data on a live server and'
        if is_lossy
        else 'and what that does to a live server'
    )
    return Violation(
        code=Code.STEP_UNKNOWN,
        subject=str(template),
        text=f'{template} runs {step}, {which} is not known here',
        present=str(step),
    )


def step_lossy(template: Template, step: Step) -> Violation:
    """Say that a step can lose data."""
    return Violation(
        code=Code.STEP_LOSSY,
        subject=str(template),
        text=f'{template} runs {step}, which can lose data on a live server',
        present=str(step),
        hint='use --allow-data-loss to permit this',
    )


def step_incomplete(
    template: Template, step: Step, arguments: Iterable[str]
) -> Violation:
    """Say that a step lacks arguments that it requires."""
    needed = ', '.join(arguments)
    return Violation(
        code=Code.STEP_INCOMPLETE,
        subject=str(template),
        text=f'{template}: {step} lacks {needed}',
        needed=needed,
    )


def setting_unsupported(
    template: Template,
    name: str,
    value: Value,
    reason: str,
    node: Node | None,
) -> Violation:
    """Say that a node's BIOS cannot be given a setting.

    :param node: None where it is told otherwise which one it is.
    """
    where = f' (node {node})' if node else ''
    return Violation(
        code=Code.SETTING_UNSUPPORTED,
        subject=str(template),
        text=f'{template} sets {name}={values.shown(value)}: {reason}{where}',
        needed=reason,
        present=values.shown(value),
    )


def setting_clash(
    name: str, first: tuple[Item, str], second: tuple[Item, str]
) -> Violation:
    """Say that two items set one setting differently.

    :param first: an item, and the value that it gives the setting.
    """
    return Violation(
        code=Code.SETTING_CLASH,
        subject=name,
        text=f'{first[0]} sets {name}={first[1]} but {second[0]} sets '
        f'{name}={second[1]}',
        present=f'{first[1]} and {second[1]}',
    )


def too_many_reboots(count: int, limit: int, why: Iterable[str]) -> Violation:
    """Say that a change takes more services than are permitted."""
    return Violation(
        code=Code.TOO_MANY_REBOOTS,
        subject='reboots',
        text=f'it takes {count} services one after the other, each with a '
        f'reboot, and {limit} may be run: {"; ".join(why)}',
        needed=str(count),
        present=str(limit),
        hint=f'--max-reboots {count} permits it',
    )


def services_unordered(what: str) -> Violation:
    """Say that several services cannot be combined with something else."""
    return Violation(
        code=Code.SERVICES_UNORDERED,
        subject='services',
        text=f'it takes several services one after the other, which cannot '
        f'be combined with {what}',
        present=what,
    )


def item_undone(
    item: Item, templates: Iterable[Template | None], why: Iterable[str] = ()
) -> Violation:
    """Say that other changes would undo an item.

    :param why: what the firmware is known to do, in words.
    """
    by = ', '.join(map(str, templates))
    reasons = '; '.join(why)
    return Violation(
        code=Code.ITEM_UNDONE,
        subject=str(item),
        text=f'{item}: would not hold after {by}'
        + (f', as {reasons}' if reasons else ''),
        present=by,
    )


def risk_not_accepted(
    item: Item, risk: Risk, settings: Iterable[str]
) -> Violation:
    """Say that a change is risky.

    :param settings: that have the risk; none where it is the item.
    """
    by = ', '.join(settings) or 'this'
    option = '--allow-data-loss'
    if risk is not Risk.DATA:
        option = f'--accept-risk {risk}'
    return Violation(
        code=Code.RISK_NOT_ACCEPTED,
        subject=item.type,
        text=f'{by} {risk.words}',
        present=by,
        hint=f'use {option} to permit this',
        item=item,
    )


def not_checkable(text: str) -> Violation:
    """Say that something cannot be checked, where that is asked for."""
    return Violation(
        code=Code.NOT_CHECKABLE, subject='', text=text, hint='--strict'
    )


def runbook_missing(ironic: Version | None = None) -> Violation:
    """Say that no runbook does what is requested.

    :param ironic: its newest microversion, None if that is not known.
    """
    text = 'no runbook that you can see does exactly this'
    if ironic and not releases.has(ironic, releases.RUN_RUNBOOK):
        text = releases.lack(ironic, releases.RUN_RUNBOOK)
    return Violation(
        code=Code.RUNBOOK_MISSING,
        subject='',
        text=text,
        hint='--method service runs the steps without one',
    )


def runbook_not_approved(runbook: Template, node: Node) -> Violation:
    """Say that a runbook may not run on a node."""
    needed = ' or '.join(sorted(runbook.approved_for))
    lacks = f'which lacks the trait {needed}'
    lack = lacks if needed else 'as it has no traits itself'
    return Violation(
        code=Code.RUNBOOK_NOT_APPROVED,
        subject=str(runbook),
        text=f'{runbook} is not approved for node {node}, {lack}',
        needed=needed,
        hint='' if needed else 'openstack baremetal runbook trait add',
    )


def flavor_not_variant(name: str, variants: Iterable[str]) -> Violation:
    """Say that a flavor that is named is no variant."""
    needed = ', '.join(variants) or 'none'
    return Violation(
        code=Code.FLAVOR_NOT_VARIANT,
        subject=name,
        text=f'flavor {name} is no variant for this; variants are: {needed}',
        needed=needed,
        present=name,
    )


def flavor_ambiguous(variants: Iterable[str]) -> Violation:
    """Say that several flavors are variants."""
    present = ', '.join(variants)
    return Violation(
        code=Code.FLAVOR_AMBIGUOUS,
        subject=present,
        text=f'several flavors are variants for this: {present}',
        present=present,
        hint='--target-flavor names one',
    )


def flavor_missing(current: str) -> Violation:
    """Say that no flavor is a variant."""
    return Violation(
        code=Code.FLAVOR_MISSING,
        subject=current,
        text=f'no flavor equals {current} but for this, so there is no '
        f'flavor variant',
    )


def server_locked(server: Server) -> Violation:
    """Say that a server is locked."""
    why = f': "{server.locked_reason}"' if server.locked_reason else ''
    return Violation(
        code=Code.SERVER_LOCKED,
        subject=str(server),
        text=f'the server is locked{why}',
        hint=f'openstack server unlock {server.id}',
    )


def server_status(server: Server) -> Violation:
    """Say that a server is in a status in which it cannot be changed."""
    again = (
        'Nova changes neither its power nor its metadata then. Where it is to '
        'be kept, an administrator can make it usable again: openstack server '
        f'set --state active {server.id}'
    )
    return Violation(
        code=Code.SERVER_STATUS,
        subject=str(server),
        text=f'the server is in status {server.status}; it must be ACTIVE or '
        f'SHUTOFF',
        needed='ACTIVE or SHUTOFF',
        present=server.status,
        hint=again if server.status == 'ERROR' else '',
    )


def server_busy(server: Server) -> Violation:
    """Say that Nova is doing something with a server."""
    return Violation(
        code=Code.SERVER_BUSY,
        subject=str(server),
        text=f'Nova is busy with the server ({server.task_state}); try again '
        f'when that has finished',
        present=server.task_state or '',
    )


def server_moved(server: Server, other: str, node: Node) -> Violation:
    """Say that a change was started while a server was elsewhere."""
    return Violation(
        code=Code.SERVER_MOVED,
        subject=str(server),
        text=f'the change was started while the server was on node {other}, '
        f'and it is on {node} now',
        needed=other,
        present=str(node),
        hint=f'drop it: openstack server config recover --abort {server.id}',
    )


def unfinished_change(
    server: Server, started: str, *, is_other: bool = False
) -> Violation:
    """Say that a change of a server has not finished.

    :param started: what it is to make.
    :param is_other: it is not what is requested.
    """
    which = 'another change' if is_other else 'a change'
    return Violation(
        code=Code.UNFINISHED_CHANGE,
        subject=str(server),
        text=f'{which} was started and has not finished: {started}',
        present=started,
        hint=f'to resolve it: openstack server config recover {server.id}',
    )


def service_unsupported(ironic: Version) -> Violation:
    """Say that an Ironic services no nodes."""
    call = releases.CALLS[releases.SERVICE]
    return Violation(
        code=Code.SERVICE_UNSUPPORTED,
        subject='Ironic',
        text=releases.lack(ironic, releases.SERVICE),
        needed=releases.dotted(call.needs),
        present=releases.dotted(ironic),
        hint=f'{call.without[0].lower()}{call.without[1:].rstrip(".")}',
    )


def node_state(node: Node) -> Violation:
    """Say that a node is in a state in which it cannot be serviced."""
    why = f': {node.last_error}' if node.last_error else ''
    return Violation(
        code=Code.NODE_STATE,
        subject=str(node),
        text=f'node {node} is in state "{node.provision_state}"; it must be '
        f'active{why}',
        needed='active',
        present=node.provision_state,
    )


def node_reserved(node: Node) -> Violation:
    """Say that a conductor holds the lock of a node."""
    return Violation(
        code=Code.NODE_RESERVED,
        subject=str(node),
        text=f'node {node} is locked by the conductor {node.reservation}; try '
        f'again in a moment',
        present=node.reservation or '',
    )


def node_maintenance(node: Node) -> Violation:
    """Say that a node is in maintenance."""
    reason = node.maintenance_reason
    why = f': "{reason}"' if reason else ''
    return Violation(
        code=Code.NODE_MAINTENANCE,
        subject=str(node),
        text=f'node {node} is in maintenance{why}',
        present=reason or '',
        hint='an operator can end it: openstack baremetal node maintenance '
        f'unset {quoting.node(node)}',
    )


def service_failed(server: Server, node: Node) -> Violation:
    """Say that a node is in "service failed", not by this change."""
    why = node.last_error or node.maintenance_reason or 'no reason shown'
    return Violation(
        code=Code.SERVICE_FAILED,
        subject=str(node),
        text=f'node {node} is in state "service failed" ({why}); make it '
        f'active first',
        needed='active',
        present=why,
        hint=f'openstack server config recover --abort {server.id}',
    )


def no_rollback(reason: str) -> Violation:
    """Say that a change could not be undone if it fails."""
    return Violation(
        code=Code.NO_ROLLBACK,
        subject='',
        text=f'no automatic rollback: {reason}',
        present=reason,
        hint='use --on-failure leave to make the change anyway',
    )


def no_room(reason: str) -> Violation:
    """Say that Nova cannot hold the journal of a change."""
    return Violation(
        code=Code.NO_ROOM, subject='', text=reason, present=reason
    )


def journal_damaged(reason: str) -> Violation:
    """Say that the journal of a change cannot be believed."""
    return Violation(
        code=Code.JOURNAL_DAMAGED, subject='', text=reason, present=reason
    )


def previous_unknown(name: str, reason: str) -> Violation:
    """Say that the journal does not give the values before a change."""
    return Violation(
        code=Code.PREVIOUS_UNKNOWN,
        subject=name,
        text=f'{name}: {reason}',
        present=reason,
    )


def previous_unsupported(name: str, setting: str, reason: str) -> Violation:
    """Say that a BIOS cannot be given a value of the journal again."""
    return Violation(
        code=Code.PREVIOUS_UNSUPPORTED,
        subject=name,
        text=f'{name}: {setting} of the server metadata cannot be set again: '
        f'{reason}',
        needed=reason,
        present=setting,
    )


def previous_unconfirmed(text: str) -> Violation:
    """Say that nobody but the metadata gives a value before a change."""
    return Violation(
        code=Code.PREVIOUS_UNCONFIRMED, subject='', text=text, present=text
    )


def resize_finished(server: Server) -> Violation:
    """Say that a resize can no longer be undone."""
    return Violation(
        code=Code.RESIZE_FINISHED,
        subject=str(server),
        text=f'the resize to {server.flavor.name} has finished, and cannot be '
        f'undone from here',
        hint='recover --retry finishes the change',
    )


def desired_contested(server: Server, name: str, source: str) -> Violation:
    """Say that image and flavor desire different values."""
    return Violation(
        code=Code.DESIRED_CONTESTED,
        subject=name,
        text=f'{name}: {source}',
        present=source,
        hint='choose with: openstack server config set --config '
        f'{quoting.quoted(name)}=… {server.id}',
    )


def flavor_unknown(name: str, nearest: str) -> Violation:
    """Say that there is no such flavor.

    :param nearest: what may have been meant, as a parenthesis.
    """
    return Violation(
        code=Code.FLAVOR_UNKNOWN,
        subject=name,
        text=f'no flavor has the name or ID {name!r}{nearest}',
        present=name,
    )


def flavor_virtual(flavor: str) -> Violation:
    """Say that a flavor asks for no resource class of nodes."""
    needed = 'resources:CUSTOM_<resource class>=1'
    return Violation(
        code=Code.FLAVOR_VIRTUAL,
        subject=flavor,
        text=f'flavor {flavor} is for no bare-metal nodes: it has no extra '
        f'spec {needed}',
        needed=needed,
    )


def vendor_unknown(name: str, known: Iterable[str], nearest: str) -> Violation:
    """Say that the catalogue knows no such vendor."""
    needed = ', '.join(sorted(known))
    return Violation(
        code=Code.VENDOR_UNKNOWN,
        subject=name,
        text=f'no vendor {name!r} is known{nearest}; known are {needed}',
        needed=needed,
        present=name,
    )


def project_unknown(name: str, count: int, nearest: str = '') -> Violation:
    """Say that there is no such project, or several.

    :param count: how many there are.
    """
    what = f'{count} projects have the name'
    return Violation(
        code=Code.PROJECT_UNKNOWN,
        subject=name,
        text=f'{what if count else "no project has the name or ID"} '
        f'{name!r}{nearest}',
        present=name,
        hint='openstack project list',
    )


def nothing_fits(item: Item, reasons: Sequence[str]) -> Violation:
    """Say that none of the nodes of the flavors can be given an item.

    :param reasons: for some nodes each; empty where there are no nodes, and
        the catalogue does not say what gives the item.
    """
    text = (
        f'none of the nodes of these flavors can be given it: '
        f'{"; ".join(reasons)}'
        if reasons
        else 'there is no node of these flavors that tells which BIOS '
        'settings give it, and the catalogue gives none of the vendors asked '
        'for'
    )
    return Violation(
        code=Code.NOTHING_FITS,
        subject=str(item),
        text=text,
        hint='' if reasons else '--vendor, --like-server or --setting tells',
        item=item,
    )


def definition_differs(name: str, differences: Sequence[str]) -> Violation:
    """Say that something that is to be there is there, but is different."""
    return Violation(
        code=Code.DEFINITION_DIFFERS,
        subject=name,
        text=f'{name} is there and different: {"; ".join(differences)}',
        present='; '.join(differences),
        hint='--update changes it',
    )


def definition_fixed(name: str, why: str) -> Violation:
    """Say that something is different in what cannot be changed."""
    return Violation(
        code=Code.DEFINITION_FIXED,
        subject=name,
        text=f'{name} cannot be made as offered: {why}',
        present=why,
    )


def definition_missing(item: Item, known: Iterable[str]) -> Violation:
    """Say that nothing is defined for an item that is to be removed."""
    needed = ', '.join(sorted(known))
    return Violation(
        code=Code.DEFINITION_MISSING,
        subject=str(item),
        text=f'nothing is defined for it; defined are {needed or "no items"}',
        needed=needed,
        item=item,
    )


def definition_used(name: str, why: str) -> Violation:
    """Say that something that is to be removed is in use."""
    return Violation(
        code=Code.DEFINITION_USED,
        subject=name,
        text=f'{name} is in use: {why}',
        present=why,
    )


def word_unfit(what: str, word: str, needed: str) -> Violation:
    """Say that a word cannot be what it is given for.

    :param needed: of what it may consist.
    """
    return Violation(
        code=Code.WORD_UNFIT,
        subject=what,
        text=f'{word!r} cannot be {what}: it takes {needed}',
        needed=needed,
        present=word,
    )
