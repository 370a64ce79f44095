"""A fake BIOS interface that behaves as a real one.

Ironic's own FakeBIOS has ``apply_configuration`` as a clean step only, so
deploy templates that name it are skipped in silence and servicing does not
know it; and it deletes every setting that a request leaves out.

What Ironic's database holds is what the BMC holds.  Nothing tells this
interface of a start, so what comes of one (the counter, settings that come
late) is seen the next time that it looks: at a step, and whenever Ironic
caches settings, before and after a service or a cleaning.

Values go to the BMC as they are, which is what Ironic did before it began
to convert them in May 2026.

Knobs in a node's driver_info:

* ``fake_bios_fail``: a text; the step fails with it.
* ``fake_bios_refuses``: such as ``LogicalProc=Enabled``; the step fails
  where it is to set this.
* ``fake_bios_ignore``: true; settings are accepted and never applied.
* ``fake_bios_late``: true; settings are accepted, and come true at the next
  start after the step.
* ``fake_bios_seconds``: how long the reboot lasts that applies them.
"""

import time

from ironic import objects
from ironic.common import exception, states
from ironic.conductor import utils as conductor_utils
from ironic.drivers import base
from ironic.drivers.modules import fake
from oslo_utils import strutils

from devcloud_ironic import attributes, hashes

# Ironic loads this module when it begins, whatever nodes there are.
hashes.remember()

ARGUMENTS = {
    'settings': {
        'description': 'A list of BIOS settings to be applied',
        'required': True,
    }
}
# In a node's driver_internal_info: what is to come true at the next start,
# and Ironic's time of the change of power that was seen last.
PENDING, SEEN = 'fake_bios_pending', 'fake_bios_seen'


def _no_step(**kwargs):
    """Return what leaves a method as it is."""
    return lambda method: method


# Ironic before 2023.2 knows no service.
_service_step = getattr(base, 'service_step', _no_step)


def registry_fields(attribute, current):
    """Return an attribute's fields as Ironic keeps them.

    :param current: the values by name that are in force.
    """
    text = attribute.kind == 'String'
    number = attribute.kind == 'Integer'
    return {
        'attribute_type': attribute.kind,
        'allowable_values': list(attribute.values) or None,
        'lower_bound': attribute.lower if number else None,
        'upper_bound': attribute.upper if number else None,
        'min_length': attribute.lower if text else None,
        'max_length': attribute.upper if text else None,
        'read_only': attribute.is_read_only(current),
        'reset_required': not attribute.read_only,
        'unique': attribute.unique,
    }


class Day2BIOS(fake.FakeBIOS):
    """BIOS settings that only Ironic's database holds."""

    def cache_bios_settings(self, task):
        """See what has become of the settings; the database is the BMC."""
        self._look(task)

    @_service_step(priority=0, argsinfo=ARGUMENTS, requires_ramdisk=False)
    @base.clean_step(priority=0, argsinfo=ARGUMENTS, requires_ramdisk=False)
    @base.deploy_step(priority=0, argsinfo=ARGUMENTS)
    def apply_configuration(self, task, settings):
        """Change settings, with the reboot that a server needs for it."""
        info = task.node.driver_info
        wanted = {setting['name']: setting['value'] for setting in settings}
        try:
            wanted = attributes.parse(wanted, self._look(task))
        except ValueError as exc:
            raise exception.InvalidParameterValue(str(exc)) from exc
        if info.get('fake_bios_fail'):
            raise exception.IronicException(info['fake_bios_fail'])
        refused = info.get('fake_bios_refuses')
        if refused in {f'{name}={value}' for name, value in wanted.items()}:
            raise exception.IronicException(f'the BMC refuses {refused}')
        before = task.node.power_state
        conductor_utils.node_power_action(task, states.POWER_OFF)
        time.sleep(float(info.get('fake_bios_seconds') or 0))
        is_late = strutils.bool_from_string(info.get('fake_bios_late'))
        is_heard = not strutils.bool_from_string(info.get('fake_bios_ignore'))
        if is_heard and not is_late:
            self._apply(task, _stored(wanted))
        if before == states.POWER_ON:
            conductor_utils.node_power_action(task, states.POWER_ON)
            self._look(task)
        if is_heard and is_late:
            self._pend(task, _stored(wanted))

    @_service_step(priority=0, requires_ramdisk=False)
    @base.clean_step(priority=0, requires_ramdisk=False)
    @base.deploy_step(priority=0)
    def factory_reset(self, task):
        """Put all settings back."""
        self._look(task)
        self._apply(task, _stored(attributes.DEFAULTS))

    def _look(self, task):
        """Return the values that are in force; what is due has happened."""
        node = task.node
        kept = self._kept(task)
        values = _stored(attributes.DEFAULTS) | kept
        changed = node.driver_internal_info.get('last_power_state_change')
        seen = node.driver_internal_info.get(SEEN)
        if node.power_state == states.POWER_ON and changed != seen:
            pending = node.driver_internal_info.get(PENDING) or {}
            values = attributes.after(values, pending)
            values = attributes.restarted(values)
            node.set_driver_internal_info(SEEN, changed)
            node.del_driver_internal_info(PENDING)
            node.save()
        self._store(task, kept, values)
        return values

    def _apply(self, task, wanted):
        """Have settings in force, and what pended for longer before them."""
        pending = task.node.driver_internal_info.get(PENDING) or {}
        kept = self._kept(task)
        self._store(task, kept, attributes.after(kept, pending | wanted))
        task.node.del_driver_internal_info(PENDING)
        task.node.save()

    def _pend(self, task, wanted):
        """Keep settings for the next start."""
        pending = task.node.driver_internal_info.get(PENDING) or {}
        task.node.set_driver_internal_info(PENDING, pending | wanted)
        task.node.save()

    def _kept(self, task):
        """Return what the database holds, by name."""
        kept = objects.BIOSSettingList.get_by_node_id(
            task.context, task.node.id
        )
        return {setting.name: setting.value for setting in kept}

    def _store(self, task, kept, values):
        """Have the database hold these values."""
        rows = [
            {'name': name, 'value': value}
            | registry_fields(attributes.BY_NAME[name], values)
            for name, value in values.items()
            if kept.get(name) != value
        ]
        created = [row for row in rows if row['name'] not in kept]
        changed = [row for row in rows if row['name'] in kept]
        context, node_id = task.context, task.node.id
        if created:
            objects.BIOSSettingList.create(context, node_id, created)
        if changed:
            objects.BIOSSettingList.save(context, node_id, changed)
        if gone := [name for name in kept if name not in values]:
            objects.BIOSSettingList.delete(context, node_id, gone)


def _stored(values):
    """Return values as Ironic's database holds them."""
    return {name: attributes.stored(value) for name, value in values.items()}
