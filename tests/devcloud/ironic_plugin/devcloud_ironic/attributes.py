"""The BIOS attributes of all nodes of the cloud.

Owns what a real server's attribute registry says, what its BMC takes, and
what comes of it: Ironic's fake interface, the Redfish emulator and the model
all take it from here.  Needs nothing but the standard library.
"""

import dataclasses
from collections.abc import Mapping

SWITCH = ('Enabled', 'Disabled')


@dataclasses.dataclass(frozen=True)
class Attribute:
    """One BIOS attribute.

    A condition is the name and the value of another attribute.

    :param kind: Redfish's Type: Enumeration, Integer, String or Boolean.
    :param values: of an Enumeration.
    :param lower: the least Integer, or the least length of a String.
    :param upper: the greatest, or the longest.
    :param writable_if: the registry says read-only, and the BMC refuses a
        value, unless this is so.
    :param heeded_if: the BMC takes a value and forgets it, unless this is
        so; the registry says nothing of it.
    :param shown_if: unless this is so, a BIOS has no such attribute; the
        registry lists it all the same.
    :param refuses: values that the BMC refuses, whatever the registry says.
    :param sets: by a value, what else becomes of it.
    :param is_unbounded: the BMC takes any number, whatever the registry says.
    :param is_counter: it counts the starts, and heeds nobody.
    """

    name: str
    kind: str
    default: str | int | bool
    values: tuple[str, ...] = ()
    lower: int | None = None
    upper: int | None = None
    read_only: bool = False
    unique: bool = False
    writable_if: tuple[str, str] | None = None
    heeded_if: tuple[str, str] | None = None
    shown_if: tuple[str, str] | None = None
    refuses: tuple[str, ...] = ()
    sets: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict
    )
    is_unbounded: bool = False
    is_counter: bool = False

    def is_read_only(self, current):
        """Return what the registry says while a BIOS has these values."""
        return self.read_only or not _holds(self.writable_if, current)

    def is_shown(self, current):
        """Return whether a BIOS with these values has it."""
        return _holds(self.shown_if, current)

    def is_heeded(self, values):
        """Return whether the BMC heeds a value that comes with these."""
        return not self.is_counter and _holds(self.heeded_if, values)

    def parse(self, value, current=None):
        """Return the value as the BMC keeps it; only JSON's own type will do.

        :param current: the values that are in force, None for the defaults.
        :raises ValueError: a BMC would refuse it.
        """
        if self.is_read_only(DEFAULTS if current is None else current):
            raise ValueError(f'{self.name} is read-only')
        wanted, words = _TYPES[self.kind]
        if type(value) is not wanted:
            raise ValueError(f'{self.name} takes {words}, not {value!r}')
        if not self.is_unbounded:
            self._check(value)
        if value in self.refuses:
            raise ValueError(f'{self.name} cannot be {value} on this system')
        return value

    def converted(self, value):
        """Return what Ironic's Redfish driver makes of a value.

        So it is since May 2026, by the registry that Ironic has cached, in
        ``_validate_and_convert_settings``.  Any text but true is false for
        a Boolean there, even the 1 that Ironic itself shows.

        :raises ValueError: Ironic would refuse it.
        """
        if self.kind == 'Boolean':
            is_text = isinstance(value, str)
            return value.lower() == 'true' if is_text else value
        if self.kind == 'Integer':
            try:
                value = int(value)
            except (TypeError, ValueError):
                raise ValueError(
                    f'{self.name} takes a number, not {value!r}'
                ) from None
        elif self.kind == 'String' and not isinstance(value, str):
            raise ValueError(f'{self.name} takes text, not {value!r}')
        self._check(value)
        return value

    def _check(self, value):
        """Check a value by the registry.

        :raises ValueError: it does not fit.
        """
        if self.kind == 'Enumeration' and value not in self.values:
            raise ValueError(
                f'{self.name} takes {", ".join(self.values)}, not {value!r}'
            )
        if self.kind == 'String' and not self._fits(len(value)):
            raise ValueError(
                f'{self.name} takes {self.lower} to {self.upper} characters'
            )
        if self.kind == 'Integer' and not self._fits(value):
            raise ValueError(
                f'{self.name} takes {self.lower} to {self.upper}, not {value}'
            )

    def _fits(self, size):
        return self.lower <= size <= self.upper


def _holds(condition, values):
    """Return whether a condition holds; there may be none."""
    return condition is None or values.get(condition[0]) == condition[1]


# What JSON has to give for each kind, and how a refusal words it.
_TYPES = {
    'Boolean': (bool, 'true or false'),
    'Enumeration': (str, 'text'),
    'Integer': (int, 'a number'),
    'String': (str, 'text'),
}
_HPC = 'HighPerformanceCompute(HPC)'
ATTRIBUTES = (
    Attribute('LogicalProc', 'Enumeration', 'Enabled', SWITCH),
    Attribute('ProcTurboMode', 'Enumeration', 'Enabled', SWITCH),
    Attribute('ProcVirtualization', 'Enumeration', 'Enabled', SWITCH),
    Attribute(
        'SriovGlobalEnable',
        'Enumeration',
        'Disabled',
        SWITCH,
        heeded_if=('WorkloadProfile', 'Custom'),
    ),
    Attribute(
        'SysProfile',
        'Enumeration',
        'PerfPerWattOptimizedDapc',
        ('PerfOptimized', 'PerfPerWattOptimizedDapc', 'Custom'),
    ),
    Attribute('BootMode', 'Enumeration', 'Uefi', ('Uefi', 'Bios')),
    Attribute('NumaNodesPerSocket', 'Integer', 1, lower=0, upper=4),
    Attribute('AssetTag', 'String', '', lower=0, upper=63),
    Attribute(
        'SystemServiceTag',
        'String',
        'DEVCLD1',
        lower=0,
        upper=7,
        read_only=True,
        unique=True,
    ),
    Attribute('QuietBoot', 'Boolean', True),
    # The longest name that is known of a real server, a Lenovo; it is an
    # Enumeration there.
    Attribute(
        'BroadcomNetXtremeGigabitEthernetAdapter__'
        'Slot27PhysicalPort1LogicalPort1_LegacyBootProtocolQ3302',
        'Boolean',
        False,
    ),
    # As on an HPE: a profile other than Custom has a say in other settings.
    Attribute(
        'WorkloadProfile',
        'Enumeration',
        'Custom',
        ('GeneralPowerEfficientCompute', _HPC, 'Custom'),
        sets={
            _HPC: {
                'ProcVirtualization': 'Disabled',
                'EnergyPerfBias': 'MaxPerf',
                'SriovGlobalEnable': 'Disabled',
            }
        },
    ),
    Attribute(
        'EnergyPerfBias',
        'Enumeration',
        'BalancedPerf',
        ('MaxPerf', 'BalancedPerf', 'BalancedPower'),
        heeded_if=('WorkloadProfile', 'Custom'),
    ),
    # As on a Dell: the registry is made for the profile that is in force.
    Attribute(
        'ProcCStates',
        'Enumeration',
        'Enabled',
        (*SWITCH, 'Autonomous'),
        writable_if=('SysProfile', 'Custom'),
    ),
    # As on a Supermicro: what it shows is not what it takes.
    Attribute('PatrolScrub_3C01', 'Enumeration', 'Enable', ('0', '1')),
    # As on an NVIDIA GB200: nothing can be between these bounds.
    Attribute(
        'EgmReserve', 'Integer', 0, lower=0, upper=-1, is_unbounded=True
    ),
    Attribute('SystemContact', 'String', '', lower=1, upper=32),
    # As on a Dell: what a device has to set is there once it is enabled.
    Attribute('PxeDev2EnDis', 'Enumeration', 'Disabled', SWITCH),
    Attribute(
        'PxeDev2Interface',
        'Enumeration',
        'NIC.Embedded.1-1-1',
        ('NIC.Embedded.1-1-1', 'NIC.Embedded.2-1-1', 'NIC.Slot.5-1'),
        shown_if=('PxeDev2EnDis', 'Enabled'),
        refuses=('NIC.Embedded.2-1-1',),
    ),
    Attribute(
        'PxeDev2VlanId',
        'Integer',
        1,
        lower=1,
        upper=4094,
        writable_if=('PxeDev2EnDis', 'Enabled'),
    ),
    Attribute(
        'BootCount', 'Integer', 0, lower=0, upper=65535, is_counter=True
    ),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}
_DELIVERED = {one.name: one.default for one in ATTRIBUTES}
DEFAULTS = {
    one.name: one.default for one in ATTRIBUTES if one.is_shown(_DELIVERED)
}
COUNTERS = frozenset(one.name for one in ATTRIBUTES if one.is_counter)


def parse(settings, current=None):
    """Return settings as the BMC keeps them.

    :param settings: value by name.
    :param current: the values that are in force, typed or as stored; None
        for the defaults.
    :raises ValueError: a BMC would refuse them, for all these reasons.
    """
    now = DEFAULTS if current is None else current
    parsed, problems = {}, []
    for name, value in settings.items():
        try:
            if name not in BY_NAME or not BY_NAME[name].is_shown(now):
                raise ValueError(f'there is no attribute {name}')
            parsed[name] = BY_NAME[name].parse(value, now)
        except ValueError as exc:
            problems.append(str(exc))
    if problems:
        raise ValueError('; '.join(problems))
    return parsed


def converted(name, value):
    """Return what Ironic's Redfish driver makes of a value.

    What no registry knows it leaves as it is.

    :raises ValueError: Ironic would refuse it.
    """
    attribute = BY_NAME.get(name)
    return value if attribute is None else attribute.converted(value)


def stored(value):
    """Return a value as the text that Ironic's database holds."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def after(current, wanted):
    """Return all values once a BMC has applied what it has taken.

    What is not heeded is left out, a profile that is new has its say, and
    what there is with some values only comes as it is delivered, or goes.

    :param current: the values that are in force, by name.
    :param wanted: what :func:`parse` has let through, in the same form:
        typed both, or both as stored.
    """
    asked = {**current, **wanted}
    heeded = {
        name: value
        for name, value in wanted.items()
        if BY_NAME[name].is_heeded(asked)
    }
    values = {**current, **heeded}
    for name, value in heeded.items():
        if value != current.get(name):
            values |= BY_NAME[name].sets.get(value, {})
    return _shown(values)


def _shown(values):
    """Return the values of what there is with them; a new one is a text."""
    new = {
        one.name: one.default
        for one in ATTRIBUTES
        if one.shown_if and one.is_shown(values)
    }
    there = {n: v for n, v in values.items() if BY_NAME[n].is_shown(values)}
    return {**new, **there}


def restarted(current):
    """Return all values after one more start, typed or as stored."""
    return {
        # One more in the form that it has.
        name: type(value)(int(value) + 1) if name in COUNTERS else value
        for name, value in current.items()
    }
