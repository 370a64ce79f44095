"""A fake BIOS interface that behaves as a real one.

Ironic's own FakeBIOS has ``apply_configuration`` as a clean step only, so
deploy templates that name it are skipped in silence and servicing does not
know it; and it deletes every setting that a request leaves out.

Knobs in a node's driver_info:

* ``fake_bios_fail``: a text; the step fails with it.
* ``fake_bios_ignore``: true; settings are accepted and never applied.
* ``fake_bios_seconds``: how long the reboot lasts that applies them.
"""

import time

from ironic import objects
from ironic.common import exception, states
from ironic.conductor import utils as conductor_utils
from ironic.drivers import base
from ironic.drivers.modules import fake
from oslo_utils import strutils

from devcloud_ironic import attributes

ARGUMENTS = {
    'settings': {
        'description': 'A list of BIOS settings to be applied',
        'required': True,
    }
}


def registry_fields(attribute):
    """Return an attribute's fields as Ironic keeps them."""
    text = attribute.kind == 'String'
    number = attribute.kind == 'Integer'
    return {
        'attribute_type': attribute.kind,
        'allowable_values': list(attribute.values) or None,
        'lower_bound': attribute.lower if number else None,
        'upper_bound': attribute.upper if number else None,
        'min_length': attribute.lower if text else None,
        'max_length': attribute.upper if text else None,
        'read_only': attribute.read_only,
        'reset_required': not attribute.read_only,
        'unique': attribute.unique,
    }


class Day2BIOS(fake.FakeBIOS):
    """BIOS settings that only Ironic's database holds."""

    def cache_bios_settings(self, task):
        """Create what the database does not hold; it is the BMC here."""
        self._store(task, attributes.DEFAULTS, only_new=True)

    @base.service_step(priority=0, argsinfo=ARGUMENTS, requires_ramdisk=False)
    @base.clean_step(priority=0, argsinfo=ARGUMENTS, requires_ramdisk=False)
    @base.deploy_step(priority=0, argsinfo=ARGUMENTS)
    def apply_configuration(self, task, settings):
        """Change settings, with the reboot that a server needs for it."""
        info = task.node.driver_info
        wanted = {setting['name']: setting['value'] for setting in settings}
        try:
            wanted = attributes.parse(wanted)
        except ValueError as exc:
            raise exception.InvalidParameterValue(str(exc)) from exc
        if info.get('fake_bios_fail'):
            raise exception.IronicException(info['fake_bios_fail'])
        self.cache_bios_settings(task)
        before = task.node.power_state
        conductor_utils.node_power_action(task, states.POWER_OFF)
        time.sleep(float(info.get('fake_bios_seconds') or 0))
        if not strutils.bool_from_string(info.get('fake_bios_ignore')):
            self._store(task, wanted)
        if before == states.POWER_ON:
            conductor_utils.node_power_action(task, states.POWER_ON)

    @base.service_step(priority=0, requires_ramdisk=False)
    @base.clean_step(priority=0, requires_ramdisk=False)
    @base.deploy_step(priority=0)
    def factory_reset(self, task):
        """Put all settings back."""
        self._store(task, attributes.DEFAULTS)

    def _store(self, task, wanted, *, only_new=False):
        context, node_id = task.context, task.node.id
        kept = {
            setting.name: setting.value
            for setting in objects.BIOSSettingList.get_by_node_id(
                context, node_id
            )
        }
        wanted = {name: str(value) for name, value in wanted.items()}
        created = [
            {'name': name, 'value': value}
            | registry_fields(attributes.BY_NAME[name])
            for name, value in wanted.items()
            if name not in kept
        ]
        changed = [
            {'name': name, 'value': value}
            | registry_fields(attributes.BY_NAME[name])
            for name, value in wanted.items()
            if name in kept and kept[name] != value
        ]
        if created:
            objects.BIOSSettingList.create(context, node_id, created)
        if changed and not only_new:
            objects.BIOSSettingList.save(context, node_id, changed)
