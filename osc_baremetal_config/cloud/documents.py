"""Documents of the services as values; never looks at what they mean.

A document that is not as its API promises raises
:class:`~osc_baremetal_config.cloud.fields.Malformed`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from osc_baremetal_config import errors
from osc_baremetal_config.cloud import texts
from osc_baremetal_config.cloud.fields import Document, Malformed
from osc_baremetal_config.core.facts import profiles, templates
from osc_baremetal_config.core.facts.model import (
    BiosSetting,
    Event,
    Flavor,
    Image,
    InstanceAction,
    Item,
    Kind,
    Listed,
    Node,
    Profile,
    Server,
    Step,
    Template,
    Unread,
)

T = TypeVar('T')


def listed(
    service: str,
    found: Iterable[Document],
    key: str,
    parse: Callable[[Document], T],
) -> Listed[T]:
    """Return what is made of each of several documents.

    :param key: what tells one from another.
    :param parse: makes it; one that cannot be made does not hide the others.
    """
    known: dict[str, T] = {}
    unread: dict[str, Unread] = {}
    for document in found:
        server_id = document.text(key)
        name = document.whole.get('name') if key == 'id' else None
        try:
            known[server_id] = parse(document)
        except (Malformed, errors.CloudError) as error:
            why = (
                unreadable(service, str(error))
                if isinstance(error, Malformed)
                else error
            )
            told = name if isinstance(name, str) else None
            unread[server_id] = Unread(server_id, told, why)
    return Listed(known, unread)


def unreadable(
    service: str, why: str, request_id: str | None = None
) -> errors.TemporaryCloudError:
    """Return that an answer is not as the API promises.

    A proxy in trouble answers so, and does no longer when it is well again.
    """
    return errors.TemporaryCloudError(
        service, None, f'its answer cannot be read: {why}', request_id
    )


def server(document: Document) -> Server:
    """Return a server, as Nova shows one since API 2.47.

    :raises TemporaryCloudError: its cell does not answer, so that Nova shows
        no more of it than its ID.
    """
    if document.text('status') == 'UNKNOWN':
        raise errors.TemporaryCloudError(
            'Nova',
            None,
            f'server {document.text("id")} is UNKNOWN: its cell does not '
            f'answer',
        )
    image = document.object_or_none('image')
    return Server(
        id=document.text('id'),
        name=document.text('name'),
        status=document.text('status'),
        flavor=_embedded(document.object('flavor')),
        task_state=document.text_or_none('OS-EXT-STS:task_state'),
        image_id=image.text_or_none('id') if image else None,
        is_locked=bool(document.truth_or_none('locked')),
        locked_reason=document.text_or_none('locked_reason'),
        project_id=document.text_or_none('tenant_id'),
        availability_zone=document.text_or_none('OS-EXT-AZ:availability_zone'),
        metadata=document.mapping_of_texts('metadata'),
    )


def _embedded(document: Document) -> Flavor:
    return Flavor(
        name=document.text('original_name'),
        vcpus=document.number('vcpus'),
        ram_mib=document.number('ram'),
        disk_gib=document.number('disk'),
        ephemeral_gib=document.number('ephemeral'),
        swap_mib=document.number('swap'),
        extra_specs=document.mapping_of_texts('extra_specs'),
    )


def flavor(document: Document) -> Flavor:
    """Return a flavor, as Nova shows one since API 2.61."""
    # Before 2.75 no swap is an empty text.
    swap = document.scalar_or_none('swap')
    return Flavor(
        name=document.text('name'),
        id=document.text('id'),
        vcpus=document.number('vcpus'),
        ram_mib=document.number('ram'),
        disk_gib=document.number('disk'),
        ephemeral_gib=document.number('OS-FLV-EXT-DATA:ephemeral'),
        swap_mib=document.number('swap') if swap else 0,
        extra_specs=document.mapping_of_texts('extra_specs'),
        is_public=document.truth_or_none('os-flavor-access:is_public')
        is not False,
        description=document.text_or_none('description'),
    )


def image(document: Document) -> Image:
    """Return an image; its properties are keys of the document itself."""
    return Image(
        id=document.text('id'),
        name=document.text_or_none('name') or '',
        properties=dict(document.texts_of_all()),
    )


def action(document: Document) -> Event:
    """Return what was done with a server."""
    return Event(
        at=document.text('start_time'),
        source='Nova',
        what=document.text('action'),
        who=document.text_or_none('user_id'),
        project=document.text_or_none('project_id'),
        result=document.text_or_none('message') or '',
    )


def action_in_full(document: Document) -> InstanceAction:
    """Return what was done with a server, with what has failed of it."""
    events = document.objects('events')
    return InstanceAction(
        name=document.text('action'),
        message=document.text_or_none('message') or '',
        failures=tuple(
            f'{event.text("event")}: '
            f'{event.text_or_none("details") or event.text("result")}'
            for event in events
            if event.text_or_none('result') not in ('Success', None)
        ),
        request_id=document.text('request_id'),
    )


def node(document: Document) -> Node:
    """Return a node."""
    step = document.object_or_none('service_step')
    reservation = document.text_or_none('reservation')
    return Node(
        uuid=document.text('uuid'),
        name=document.text_or_none('name'),
        provision_state=document.text('provision_state'),
        target_provision_state=document.text_or_none('target_provision_state'),
        power_state=document.text_or_none('power_state'),
        target_power_state=document.text_or_none('target_power_state'),
        traits=frozenset(document.texts('traits')),
        maintenance=bool(document.truth_or_none('maintenance')),
        maintenance_reason=_shown(document, 'maintenance_reason'),
        fault=document.text_or_none('fault'),
        reservation=_shown(document, 'reservation'),
        last_error=_shown(document, 'last_error'),
        is_redacted=_is_redacted(reservation),
        service_step=_step(step) if step else None,
        provision_updated_at=document.text_or_none('provision_updated_at'),
        owner=document.text_or_none('owner'),
        lessee=document.text_or_none('lessee'),
        driver=document.text_or_none('driver') or '',
        vendor=_word(document.mapping('properties').get('vendor')) or '',
        resource_class=document.text_or_none('resource_class') or '',
        instance_uuid=document.text_or_none('instance_uuid'),
    )


def _step(document: Document) -> Step:
    return Step(
        interface=document.text('interface'),
        step=document.text('step'),
        args=document.mapping('args'),
    )


def _shown(document: Document, key: str) -> str | None:
    """Return a value unless Ironic has hidden it from this user."""
    value = document.text_or_none(key)
    if value is None or _is_redacted(value):
        return None
    return texts.one_line(value)


def _is_redacted(value: str | None) -> bool:
    """Return whether Ironic has hidden a value from this user.

    It then says ``** Redacted - requires … permission. **`` or
    ``** Value Redacted - Requires … permission. **``.
    """
    return bool(value and value.startswith('**') and 'edacted' in value)


def bios_setting(document: Document) -> BiosSetting:
    """Return a BIOS setting."""
    return BiosSetting(
        name=document.text('name'),
        value=document.scalar_or_none('value'),
        attribute_type=document.text_or_none('attribute_type'),
        allowable_values=tuple(document.texts('allowable_values')),
        lower_bound=document.number_or_none('lower_bound'),
        upper_bound=document.number_or_none('upper_bound'),
        min_length=document.number_or_none('min_length'),
        max_length=document.number_or_none('max_length'),
        read_only=document.truth_or_none('read_only'),
        updated_at=document.text_or_none('updated_at'),
    )


def template(kind: Kind, document: Document) -> Template:
    """Return the template that an Ironic document describes.

    A deploy template runs its steps by falling ``priority``, a runbook by
    rising ``order``; priority 0 means that a step is not run. A runbook is
    approved for nodes with one of its traits; before API 1.112, which gave
    it traits, for those that have its name as a trait.
    """
    name = document.text('name')
    extra = document.mapping('extra')
    config_type = _word(extra.get('config-type'))
    value = _word(extra.get('config-value'))
    profile = _profile(extra)
    item = Item(config_type, value) if config_type and value else None
    steps = [_template_step(kind, one) for one in document.objects('steps')]
    if kind is Kind.DEPLOY_TEMPLATE:
        steps = [step for step in steps if step.priority > 0]
    has_traits = 'traits' in document.whole
    approved = document.texts('traits') if has_traits else [name]
    return Template(
        kind=kind,
        name=name,
        item=None if profile else item,
        steps=tuple(sorted(steps, key=lambda step: -step.priority)),
        required_traits=_traits(extra.get('required-traits')),
        approved_for=frozenset(approved if kind is Kind.RUNBOOK else []),
        owner=document.text_or_none('owner'),
        is_public=bool(document.truth_or_none('public')),
        id=document.text_or_none('uuid') or '',
        # What tells no item is kept, for somebody to find.
        extra={
            k: v
            for k, v in extra.items()
            if k not in templates.KEYS
            or (not (profile or item) and k.startswith('config-'))
        },
        profile=profile,
    )


def _profile(extra: Mapping[str, Any]) -> Profile | None:
    """Return the profile that a template defines, None for none.

    Its items are a mapping, a list of ``type=value``, or these in one
    comma-separated string, as the command line stores it. What is of another
    form is taken for an item that no cloud has.
    """
    name, items = _word(extra.get('config-profile')), extra.get('config-items')
    if isinstance(items, Mapping):
        pairs = [(key, _word(value) or '') for key, value in items.items()]
    else:
        listed = items if isinstance(items, list) else [_word(items) or '']
        words = [part for one in listed for part in str(one).split(',')]
        pairs = [
            (word.partition('=')[0].strip(), word.partition('=')[2].strip())
            for word in words
            if word.strip()
        ]
    if not (name and pairs):
        return None
    return profiles.make(name, (Item(*pair) for pair in pairs))


def _template_step(kind: Kind, document: Document) -> Step:
    priority = document.number_or_none('priority') or 0
    order = document.number_or_none('order') or 0
    is_ordered = kind is Kind.RUNBOOK
    return replace(
        _step(document), priority=-order if is_ordered else priority
    )


def _word(value: Any) -> str | None:
    """Return a word as it was written, before it was read as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _traits(value: Any) -> frozenset[str]:
    """Return a set of traits from a list or one comma-separated string.

    ``--extra 'required-traits=["A"]'`` stores a list, without the brackets
    the command line stores plain text. Anything else is taken for the name
    of a trait, which no node will have.
    """
    if not isinstance(value, list):
        value = str(value or '').split(',')
    return frozenset(str(trait).strip() for trait in value) - {''}


def event(document: Document) -> Event:
    """Return an entry of a node's history."""
    return Event(
        at=document.text('created_at'),
        source='Ironic',
        what=texts.one_line(document.text_or_none('event') or ''),
        who=document.text_or_none('user'),
        result=document.text_or_none('severity') or '',
    )
